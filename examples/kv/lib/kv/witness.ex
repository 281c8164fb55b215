defmodule KV.Witness do
  @moduledoc """
  The third node: holds no data, but votes. It grants each term once, and none against a primary that it has promised to keep still.

  The highest term that it knows stands on its disk before it answers. A grant that was not taken is taken back when the one who asked says,
  by a later message, that it does not ask any more.
  """
  use GenServer

  alias KV.{Config, Lease, Link}

  defstruct [:config, :lease, :quiet_until, term: 0, before: 0, granted: nil]

  @spec start_link(Config.t()) :: GenServer.on_start()
  def start_link(config), do: GenServer.start_link(__MODULE__, config, name: __MODULE__)

  @impl true
  def init(config) do
    case read(config.log) do
      {:ok, {term, before, granted}} ->
        # Promises were not written down: keep the longest that there can be.
        quiet = Lease.now() + 2 * config.silence
        lease = %Lease{silence: config.silence}
        state = %__MODULE__{config: config, lease: lease, quiet_until: quiet}
        {:ok, %{state | term: term, before: before, granted: granted}}

      {:error, reason} ->
        {:stop, {:vote, reason}}
    end
  end

  @impl true
  def handle_call(:status, _from, state) do
    {:reply, %{node: node(), role: :witness, term: state.term, granted: state.granted != nil},
     state}
  end

  def handle_call(_request, _from, state), do: {:reply, {:refused, :not_primary}, state}

  @impl true
  def handle_cast({:replica, node, incarnation, message}, state) do
    state = take_back(state, node, incarnation, message)

    case message do
      {:ping, sent, term, role, _ask} -> {:noreply, pinged(state, node, sent, term, role)}
      {:ask, ask, base} -> {:noreply, asked(state, node, {node, incarnation, ask}, base)}
    end
  end

  defp pinged(state, node, _sent, term, _role) when term < state.term do
    tell(node, {:overruled, state.term})
    state
  end

  defp pinged(state, node, sent, term, role) do
    state = if term > state.term, do: keep(state, term, term, nil), else: state

    lease = if role == :primary, do: Lease.promise(state.lease, node), else: state.lease
    tell(node, {:pong, sent, term})
    %{state | lease: lease}
  end

  # `base` is the term that the candidate is a member of: no later one may be known.
  defp asked(state, node, claim, base) do
    cond do
      state.granted == claim ->
        tell(node, {:granted, elem(claim, 2), state.term})
        state

      base < state.term ->
        tell(node, {:overruled, state.term})
        state

      Lease.now() < state.quiet_until or promised_to_other?(state, node) ->
        state

      true ->
        state = keep(state, base + 1, base, claim)
        tell(node, {:granted, elem(claim, 2), state.term})
        state
    end
  end

  defp take_back(%{granted: {node, incarnation, ask}} = state, node, now, message) do
    {term, asks} =
      case message do
        {:ping, _sent, term, _role, asks} -> {term, asks}
        {:ask, asks, term} -> {term, asks}
      end

    if term < state.term and {incarnation, ask} != {now, asks},
      do: keep(state, state.before, state.before, nil),
      else: state
  end

  defp take_back(state, _node, _incarnation, _message), do: state

  defp promised_to_other?(state, node),
    do: Enum.any?(Map.keys(state.lease.promised) -- [node], &Lease.bound?(state.lease, &1))

  defp tell(node, message), do: Link.cast({KV.Replica, node}, {:witness, node(), message})

  defp keep(state, term, before, granted) do
    write(state.config.log, {term, before, granted})
    %{state | term: term, before: before, granted: granted}
  end

  defp read(path) do
    case File.read(path) do
      {:ok, bytes} -> parse(bytes)
      {:error, :enoent} -> {:ok, {0, 0, nil}}
      error -> error
    end
  end

  defp parse(<<crc::32, payload::binary>>) do
    if :erlang.crc32(payload) == crc,
      do: {:ok, :erlang.binary_to_term(payload)},
      else: {:error, :damaged}
  end

  defp parse(_), do: {:error, :damaged}

  defp write(path, vote) do
    payload = :erlang.term_to_binary(vote)
    new = path <> ".new"
    {:ok, file} = :file.open(new, [:raw, :write])
    :ok = :file.write(file, [<<:erlang.crc32(payload)::32>>, payload])
    :ok = :file.datasync(file)
    :ok = :file.close(file)
    :ok = :file.rename(new, path)
  end
end
