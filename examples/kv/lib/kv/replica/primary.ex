defmodule KV.Replica.Primary do
  @moduledoc """
  What a primary does: takes writes, sends them to the other node, acknowledges them.

  Writes that come close together make one batch: one append to the log, one message, one wait for the disk. The other node works
  while the disk does. In a pair a write is acknowledged when it is on this disk and at the other node; alone, when on disk. Only then
  does it go into this node's table.
  """

  alias KV.{Gate, Lease, Record, Table, Tail, Term}
  alias KV.Replica.{Disk, Election, State}

  # What is sent and not acknowledged is kept well under the 1 MiB at which a connection counts as busy.
  @window 2_000
  @chunk 200
  @chunk_bytes 200_000
  # So near to the end of the log a follower becomes a member: what it still lacks is on its way.
  @near 100

  @doc "Takes a write, or says why not."
  @spec write(State.t(), GenServer.from(), Record.id(), Record.operation()) :: State.t()
  def write(state, from, id, operation) do
    case {Table.answered(id), state.underway} do
      {{:ok, result}, _} when state.role == :primary ->
        # Answered only when it is sure: that is so for all that is in a primary's table.
        done(state, from, result)
        state

      {_, %{^id => index}} ->
        wait_for(state, index, {:write, from})

      _ ->
        case refusal(state) do
          nil -> enqueue(state, from, id, operation)
          reason -> refuse(state, from, reason)
        end
    end
  end

  @doc "Why no write is taken, if so."
  @spec refusal(State.t()) :: nil | :not_primary | :silent | :no_majority
  def refusal(state) do
    cond do
      state.role != :primary or state.handing_over -> :not_primary
      State.pair?(state) -> if Election.silent?(state), do: :silent
      state.config.witness == nil or state.certain -> nil
      Lease.held?(state.lease, state.config.witness) -> nil
      state.follower != nil and Lease.heard?(state.lease, state.peer) -> nil
      true -> :no_majority
    end
  end

  @doc "Reads for another node, or after a write that is on its way."
  @spec read(State.t(), GenServer.from(), term) :: State.t()
  def read(state, from, key) do
    case {Gate.open?(), Table.pending(key)} do
      {false, _} ->
        refuse(state, from, :not_readable)

      {true, nil} ->
        GenServer.reply(from, {:read, Table.get(key)})
        state

      {true, index} ->
        wait_for(state, index, {:read, from, key})
    end
  end

  @doc "Writes the batch to the log and sends it."
  @spec flush(State.t()) :: State.t()
  def flush(%{batch: []} = state), do: state

  def flush(state) do
    records = Enum.reverse(state.batch)
    state = %{state | batch: []}

    case Disk.keep(state, Enum.map(records, &Record.pack/1)) do
      {:ok, state} ->
        for {index, {:write, _, operation}} <- records, do: Table.mark(operation, index)
        state |> pump() |> Disk.sync() |> commit()

      {:error, reason, state} ->
        Enum.reduce(records, state, &fail(&1, reason, &2))
    end
  end

  @doc "Begins the next term, with this node as its primary, by a record in the log."
  @spec begin_term(State.t(), Term.ordinal(), [node]) :: State.t()
  def begin_term(state, number, members) do
    state = flush(state)
    record = {state.index + 1, {:term, number, node(), members}}

    case Disk.keep(state, [Record.pack(record)]) do
      {:ok, state} ->
        Disk.sync(%{
          state
          | history: Term.add(state.history, record),
            waiting: Map.put(state.waiting, state.index, {elem(record, 1), []})
        })

      {:error, reason, _state} ->
        exit({:log, reason})
    end
  end

  @doc "Brings a node that joined up to date, from the log if that reaches back far enough."
  @spec serve(State.t(), map) :: State.t()
  def serve(state, theirs) do
    follower = %{sent: 0, acked: 0, member: State.pair?(state), snapshot: nil}

    with {:ok, index} <-
           Term.common({state.history, state.index}, {theirs.history, theirs.index}),
         true <- Tail.covers?(state.tail, index, state.index) do
      if index < theirs.index do
        State.tell_peer(state, {:cut, index})
        state
      else
        pump(%{state | follower: %{follower | sent: index, acked: index}})
      end
    else
      _ -> send_snapshot(state, follower)
    end
  end

  @doc "The other node has all up to `index`."
  @spec acknowledged(State.t(), Record.index()) :: State.t()
  def acknowledged(%{follower: %{snapshot: nil} = follower} = state, index) do
    follower = %{follower | acked: max(follower.acked, index)}
    %{state | follower: follower} |> pump() |> commit() |> enrol()
  end

  def acknowledged(state, _index), do: state

  @doc "The other node has part `number` of the snapshot."
  @spec snapshot_acknowledged(State.t(), non_neg_integer) :: State.t()
  def snapshot_acknowledged(%{follower: %{snapshot: {number, rest, last}}} = state, number) do
    case rest do
      [] ->
        follower = %{state.follower | snapshot: nil, sent: last, acked: last}

        if Tail.covers?(state.tail, last, state.index),
          do: %{state | follower: follower} |> pump() |> enrol(),
          else: send_snapshot(state, follower)

      _ ->
        send_part(state, number + 1, rest, last)
    end
  end

  def snapshot_acknowledged(state, _number), do: state

  @doc "Acknowledges what is sure, and applies it."
  @spec commit(State.t()) :: State.t()
  def commit(state) do
    sure =
      cond do
        not State.pair?(state) -> state.synced
        state.follower -> min(state.synced, state.follower.acked)
        true -> state.applied
      end

    state = Disk.compact(commit_to(state, sure))

    if state.handing_over and state.applied == state.index and state.batch == [],
      do: Election.hand_over(state),
      else: state
  end

  @doc "Stops being the primary: nothing more is acknowledged here. What is in the log goes into the table, as after a restart."
  @spec step_down(State.t()) :: State.t()
  def step_down(state) do
    state = %{state | role: :waiting, live: false, certain: false, ask: nil, follower: nil}
    state = %{state | handing_over: false, batch: []}

    for {_index, {_body, waiters}} <- state.waiting, waiter <- waiters do
      refuse(state, elem(waiter, 1), :stepped_down)
    end

    kept = state.waiting |> Enum.filter(fn {index, _} -> index <= state.index end) |> Enum.sort()

    state =
      Enum.reduce(kept, state, fn {index, {body, _waiters}}, state ->
        {_result, state} = Disk.apply_record(state, {index, body})
        unmark(body, index)
        state
      end)

    State.publish(%{state | waiting: %{}, underway: %{}})
  end

  @spec refuse(State.t(), GenServer.from(), atom) :: State.t()
  def refuse(state, from, reason) do
    GenServer.reply(from, {:refused, reason})
    state
  end

  defp enqueue(state, from, id, operation) do
    if state.batch == [], do: send(self(), :flush)
    index = state.index + length(state.batch) + 1
    body = {:write, id, operation}

    %{
      state
      | batch: [{index, body} | state.batch],
        waiting: Map.put(state.waiting, index, {body, [{:write, from}]}),
        underway: Map.put(state.underway, id, index)
    }
  end

  defp wait_for(state, index, waiter) do
    update_in(state.waiting[index], fn {body, waiters} -> {body, [waiter | waiters]} end)
  end

  defp fail({index, {:write, id, _}}, reason, state) do
    {{_body, waiters}, waiting} = Map.pop!(state.waiting, index)
    for {:write, from} <- waiters, do: GenServer.reply(from, {:failed, reason})
    %{state | waiting: waiting, underway: Map.delete(state.underway, id)}
  end

  defp commit_to(%{applied: applied} = state, sure) when applied >= sure, do: state

  defp commit_to(state, sure) do
    index = state.applied + 1
    {{body, waiters}, waiting} = Map.pop!(state.waiting, index)
    {result, state} = Disk.apply_record(%{state | waiting: waiting}, {index, body})
    unmark(body, index)

    for waiter <- Enum.reverse(waiters) do
      case waiter do
        {:write, from} -> done(state, from, result)
        {:read, from, key} -> GenServer.reply(from, {:read, Table.get(key)})
      end
    end

    commit_to(forget(state, body), sure)
  end

  defp forget(state, {:write, id, _}), do: %{state | underway: Map.delete(state.underway, id)}
  defp forget(state, _body), do: state

  defp unmark({:write, _, operation}, index), do: Table.unmark(operation, index)
  defp unmark(_body, _index), do: true

  defp done(state, from, result) do
    standing = if State.pair?(state), do: :pair, else: :alone
    GenServer.reply(from, {:done, result, standing})
  end

  # Sends what the follower lacks, as far as the window allows.
  defp pump(%{follower: %{snapshot: nil} = follower} = state) do
    count = min(@chunk, state.index - follower.sent)

    if count > 0 and room?(follower, count) do
      records = Tail.after_index(state.tail, follower.sent, count, @chunk_bytes)
      sent = State.tell_peer(state, {:records, State.term(state), records})

      case {sent, List.last(records)} do
        {true, {last, _}} -> pump(%{state | follower: %{follower | sent: last}})
        # The tail does not reach back so far any more, or the connection takes no more: let it join anew.
        _ -> %{state | follower: nil}
      end
    else
      state
    end
  end

  defp pump(state), do: state

  # Each message costs the follower a write to its disk. One that catches up gets few large ones, however fast the log grows, so that it
  # gets near to its end. A member gets each batch at once: somebody waits for it.
  defp room?(%{member: false} = follower, count) when count < @chunk,
    do: follower.acked == follower.sent

  defp room?(follower, count), do: count <= @window - (follower.sent - follower.acked)

  defp enrol(%{follower: %{member: false, snapshot: nil, acked: acked}} = state)
       when state.index - acked <= @near do
    state = begin_term(state, Election.next_term(state), [node(), state.peer])
    lease = state.lease |> Lease.drop(state.peer) |> Lease.promise(state.peer)
    state = %{state | lease: lease, certain: false, enrolled: state.other}
    follower = state.follower && %{state.follower | member: true}
    %{state | follower: follower} |> pump() |> State.ping()
  end

  defp enrol(state), do: state

  defp send_snapshot(state, follower) do
    parts = state |> Disk.snapshot() |> Enum.chunk_every(@chunk)
    send_part(%{state | follower: follower}, 0, parts, state.applied)
  end

  defp send_part(state, number, [part | rest], last) do
    message = {:snapshot, State.term(state), number, rest == [], part}

    if State.tell_peer(state, message),
      do: put_in(state.follower.snapshot, {number, rest, last}),
      else: %{state | follower: nil}
  end
end
