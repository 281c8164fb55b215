defmodule KV.Client do
  @moduledoc """
  Finds the node that can answer, and asks again until one does.

  Every write carries an id, drawn once, so that a write which was applied although its answer was lost is not applied again. Between two
  primaries there is a moment in which all nodes refuse: it is waited for, up to `timeout:` (5000 ms).
  """
  @behaviour KV.Backend

  alias KV.{Config, Gate, Lease, Record, Table}

  # Between two rounds through the nodes.
  @pause 10
  # For how many times `silence` one that did not answer is asked last.
  @shunned 10

  @doc "Draws what the ids of this node begin with, at its start. Not from a process's own random numbers: those may be seeded."
  @spec start() :: :ok
  def start do
    {token, _state} = :rand.bytes_s(16, :rand.seed_s(:exsss))
    :persistent_term.put(__MODULE__, token)
  end

  @doc "An id that no other request has."
  @spec new_id() :: Record.id()
  def new_id,
    do: <<:persistent_term.get(__MODULE__)::binary, :erlang.unique_integer([:positive])::64>>

  @doc "Has an operation done, once."
  @impl true
  def write(config, operation, options) do
    id = Keyword.get_lazy(options, :id, &new_id/0)

    case ask(config, {:write, id, operation}, options) do
      {:done, :ok, standing} -> {:ok, standing}
      {:done, error, _standing} -> error
      {:failed, reason} -> {:error, reason}
      :refused -> {:error, :unavailable}
      :unanswered -> {:error, {:unknown, id}}
    end
  end

  @doc "Reads here if that is current, otherwise where it is."
  @impl true
  def get(config, key, options) do
    case here(fn -> if Table.pending(key) == nil, do: {:read, Table.get(key)} end) do
      {:read, answer} -> answer
      nil -> read(config, {:read, key}, options)
    end
  end

  @impl true
  def keys(config, options) do
    here(&Table.keys/0) || read(config, :keys, options)
  end

  # What `fun` finds in this node's table, if that may be read.
  defp here(fun) do
    with ticket when ticket != nil <- Gate.ticket() do
      answer = fun.()
      if Gate.valid?(ticket), do: answer
    end
  rescue
    # The process that owns the table has just ended.
    ArgumentError -> nil
  end

  defp read(config, request, options) do
    case ask(config, request, options) do
      {:read, answer} -> answer
      _ -> {:error, :unavailable}
    end
  end

  @impl true
  def status(config, node) do
    server = if node == config.witness, do: KV.Witness, else: KV.Replica
    control({server, node}, :status, config.silence)
  end

  @impl true
  def promote(config, node), do: control({KV.Replica, node}, :promote, 5_000 + config.silence)

  defp control(server, request, patience) do
    GenServer.call(server, request, patience)
  catch
    :exit, _ -> {:error, :unavailable}
  end

  @doc "Repeats a round through the nodes, which gets the deadline and the outcome so far, until one answers or the time is over."
  @spec until_answered(
          (deadline :: integer, outcome -> {:answer, answer} | {:none, outcome}),
          KV.Backend.options()
        ) :: {:answer, answer} | outcome
        when answer: term, outcome: :refused | :unanswered
  def until_answered(round, options) do
    deadline = Lease.now() + Keyword.get(options, :timeout, 5_000)
    until_answered(round, deadline, :refused)
  end

  defp until_answered(round, deadline, outcome) do
    with {:none, outcome} <- round.(deadline, outcome) do
      if Lease.now() + @pause < deadline do
        Process.sleep(@pause)
        until_answered(round, deadline, outcome)
      else
        outcome
      end
    end
  end

  defp ask(config, request, options) do
    round = &round(order(config, request), config, request, &1, &2)
    with {:answer, answer} <- until_answered(round, options), do: answer
  end

  # The primary first; reads of nodes that hold no data are spread. One that did not answer lately is asked last, and not at once again.
  defp order(config, request) do
    nodes = Enum.shuffle(config.nodes)
    primary = Gate.primary()
    spread = match?({:read, _}, request) and Config.role(config) != :data
    nodes = if primary in nodes and not spread, do: [primary | nodes -- [primary]], else: nodes

    nodes
    |> Enum.filter(&(Gate.unanswered_for(&1) >= config.silence))
    |> Enum.sort_by(&(Gate.unanswered_for(&1) < @shunned * config.silence))
  end

  defp round([], _config, _request, _deadline, outcome), do: {:none, outcome}

  defp round([node | nodes], config, request, deadline, outcome) do
    patience = max(0, min(config.silence, deadline - Lease.now()))

    case call(node, request, patience) do
      {:refused, :stepped_down} ->
        round(nodes, config, request, deadline, :unanswered)

      {:refused, _reason} ->
        round(nodes, config, request, deadline, outcome)

      :unreachable ->
        round(nodes, config, request, deadline, outcome)

      :unanswered ->
        round(nodes, config, request, deadline, :unanswered)

      answer ->
        if Config.role(config) != :data and elem(answer, 0) == :done,
          do: Gate.publish(node, :never)

        {:answer, answer}
    end
  end

  defp call(node, request, patience) do
    if node == node() or node in Node.list([:visible, :hidden]),
      do: GenServer.call({KV.Replica, node}, request, patience),
      else: :unreachable
  catch
    :exit, {:noproc, _} ->
      :unreachable

    :exit, {:timeout, _} ->
      Gate.unanswered(node)
      :unanswered

    :exit, _ ->
      :unanswered
  end
end
