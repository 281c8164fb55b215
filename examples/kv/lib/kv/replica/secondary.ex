defmodule KV.Replica.Secondary do
  @moduledoc """
  What a secondary does: follows the primary's log.

  A record is in this node's log file and table before it is acknowledged, and on the disk soon after. So a reader here sees every
  acknowledged write (and maybe one that is about to be: the primary then makes its own readers of that key wait).
  """

  alias KV.{Lease, Log, Record, Term}
  alias KV.Replica.{Disk, State}

  @doc "Asks the other node for what is lacking here. By joining a node that is not a primary one gives up to take over."
  @spec join(State.t(), map) :: State.t()
  def join(state, theirs) do
    live = state.live and theirs.role == :primary and theirs.term == State.term(state)
    ask = if live, do: state.ask
    state = %{state | role: :secondary, live: live, ask: ask, incoming: abandon(state)}
    rejoin(state)
  end

  @spec rejoin(State.t()) :: State.t()
  def rejoin(state) do
    State.tell_peer(state, {:join, State.summary(state)})
    State.publish(%{state | streamed: Lease.now()})
  end

  @doc "Joins anew when nothing has come for a while."
  @spec watch(State.t()) :: State.t()
  def watch(%{live: false, other: other} = state) when other != nil do
    if Lease.now() - state.streamed > state.config.silence, do: rejoin(state), else: state
  end

  def watch(state), do: state

  @doc "Records of the primary, in order; ones that are here already may come again."
  @spec records(State.t(), Term.ordinal(), [Record.packed()]) :: State.t()
  def records(state, term, records) do
    new = Enum.drop_while(records, fn {index, _} -> index <= state.index end)
    next = state.index + 1

    case new do
      _ when state.role != :secondary -> state
      _ -> if term < State.term(state), do: stale(state), else: add(state, next, new)
    end
  end

  @doc "The primary's log lacks what is here after `index`: it was never acknowledged, or in a term that lost."
  @spec cut(State.t(), Record.index()) :: State.t()
  def cut(%{role: :secondary, live: false} = state, index) do
    case Disk.cut(state, index) do
      {:ok, state} -> rejoin(state)
      {:error, reason} -> exit({:log, reason})
    end
  end

  def cut(state, _index), do: state

  @doc "A part of a snapshot, which replaces all that is here when it is whole."
  @spec snapshot(State.t(), non_neg_integer, boolean, [binary]) :: State.t()
  def snapshot(%{role: :secondary, live: false} = state, number, last?, payloads) do
    state = if number == 0, do: receive_first(state, payloads), else: state

    case state.incoming do
      {^number, log} ->
        {:ok, log} = Log.append(log, payloads)
        State.tell_peer(state, {:snapshot_acknowledged, number})
        state = %{state | streamed: Lease.now(), incoming: {number + 1, log}}
        if last?, do: install(state, log), else: state

      _ ->
        state
    end
  end

  def snapshot(state, _number, _last?, _payloads), do: state

  defp add(state, _next, []), do: acknowledge(state)

  defp add(state, next, [{next, _} | _] = new) do
    case Disk.keep(state, new) do
      {:ok, state} ->
        new |> Enum.reduce(state, &apply_packed/2) |> Disk.compact() |> acknowledge()

      {:error, reason, _state} ->
        exit({:log, reason})
    end
  end

  # Some were lost on the way.
  defp add(state, _next, _new), do: rejoin(state)

  defp apply_packed({_index, payload}, state) do
    record = Record.decode(payload)
    {_result, state} = Disk.apply_record(state, record)
    take_term(%{state | history: Term.add(state.history, record)}, record)
  end

  # Now this node has what the primary had when it wrote this: a member may take over.
  defp take_term(state, {_index, {:term, _number, primary, members}}) do
    lease = state.lease |> Lease.drop(state.peer) |> Lease.promise(state.peer)
    live = primary == state.peer and node() in members
    State.ping(State.publish(%{state | live: live, lease: lease, ask: nil}))
  end

  defp take_term(state, _record), do: state

  defp acknowledge(state) do
    State.tell_peer(state, {:acknowledged, state.index})
    %{state | streamed: Lease.now()}
  end

  defp stale(state) do
    State.tell_peer(state, {:hello, State.summary(state), false})
    state
  end

  defp receive_first(state, [head | _]) do
    abandon(state)
    {:snapshot, _index, history, _writes} = Record.decode(head)
    newest = List.first(state.history)
    # What the primary never knew may have been acknowledged here.
    if newest != nil and newest not in history, do: Disk.set_aside(state)
    {:ok, log} = Log.begin_rewrite(state.log)
    %{state | incoming: {0, log}}
  end

  defp install(state, log) do
    with {:ok, log} <- Log.finish_rewrite(state.log, log),
         Log.close(log),
         {:ok, state} <- Disk.load(state, state.log.path) do
      %{state | incoming: nil}
    else
      error -> exit({:log, error})
    end
  end

  defp abandon(%{incoming: {_number, log}}) do
    Log.abandon_rewrite(log)
    nil
  end

  defp abandon(_state), do: nil
end
