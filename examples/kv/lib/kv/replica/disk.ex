defmodule KV.Replica.Disk do
  @moduledoc """
  A replica's log, and the table that follows from it.
  """

  alias KV.{Gate, Log, Record, Table, Tail, Term}
  alias KV.Replica.State

  @doc "Reads the log into the tables, which are empty before."
  @spec load(State.t(), Path.t()) :: {:ok, State.t()} | {:error, term}
  def load(state, path) do
    Gate.close()
    Table.clear()
    Tail.clear(state.tail)
    state = %{state | index: 0, synced: 0, applied: 0, history: []}

    with {:ok, log, state} <- Log.open(path, state, &take_in/2),
         do: {:ok, %{state | log: log, synced: state.index}}
  end

  defp take_in(payload, state) do
    case Record.decode(payload) do
      {index, body} = record when is_tuple(body) ->
        Tail.add(state.tail, [{index, payload}])
        {_result, state} = apply_record(state, record)
        %{state | index: index, history: Term.add(state.history, record)}

      {:snapshot, index, history, _writes} = head ->
        Table.load(head)
        %{state | index: index, applied: index, history: history}

      part ->
        Table.load(part)
        state
    end
  end

  @doc "Writes packed records to the log, and keeps them at hand. On an error the log is as before."
  @spec keep(State.t(), [Record.packed()]) :: {:ok, State.t()} | {:error, File.posix(), State.t()}
  def keep(state, records) do
    case Log.append(state.log, Enum.map(records, &elem(&1, 1))) do
      {:ok, log} ->
        Tail.add(state.tail, records)
        {:ok, %{state | log: log, index: elem(List.last(records), 0)}}

      {:error, reason, log} ->
        {:error, reason, %{state | log: log}}
    end
  end

  @doc "Waits for the disk. One that does not keep what it has taken ends this replica: the other goes on."
  @spec sync(State.t()) :: State.t()
  def sync(%{synced: index, index: index} = state), do: state

  def sync(state) do
    case Log.sync(state.log) do
      :ok -> %{state | synced: state.index}
      {:error, reason} -> exit({:log, reason})
    end
  end

  @doc "Applies a record that is in the log to the table; the result is that of the write."
  @spec apply_record(State.t(), Record.t()) :: {Table.result() | nil, State.t()}
  def apply_record(state, {index, {:write, id, operation}}) do
    result = Table.apply_write(index, id, operation, state.config.remember)
    {result, %{state | applied: index}}
  end

  def apply_record(state, {index, {:term, _, _, _}}), do: {nil, %{state | applied: index}}

  @doc "Rewrites the log as a snapshot and the records after it, when it has grown much larger than that."
  @spec compact(State.t()) :: State.t()
  def compact(state) do
    %{keys: keys, requests: requests} = Table.counts()

    if state.log.records > 2 * (keys + requests + state.index - state.applied) + 10_000 do
      parts = [snapshot(state), not_applied(state)]

      case Log.rewrite(state.log, Stream.concat(parts)) do
        {:ok, log} -> %{state | log: log, synced: state.index}
        # The old log is whole: go on with it.
        {:error, _reason, log} -> %{state | log: log}
      end
    else
      state
    end
  end

  @doc "All that was applied, as payloads."
  @spec snapshot(State.t()) :: Enumerable.t()
  def snapshot(state) do
    history = Term.cut(state.history, state.applied)
    head = {:snapshot, state.applied, history, Table.counts().writes}
    Stream.map(Stream.concat([head], Table.dump()), &Record.encode/1)
  end

  defp not_applied(state) do
    count = state.index - state.applied
    for {_, payload} <- Tail.after_index(state.tail, state.applied, count, :infinity), do: payload
  end

  @doc """
  Cuts the log after `index` and reads it anew. Where that drops a term of ours, in which writes may have been acknowledged, the old
  log is set aside first.
  """
  @spec cut(State.t(), Record.index()) :: {:ok, State.t()} | {:error, term}
  def cut(state, index) do
    if Term.cut(state.history, index) != state.history, do: set_aside(state)

    with {:ok, log} <- Log.cut(state.log, &(index(Record.decode(&1)) <= index)) do
      Log.close(log)
      load(%{state | log: log}, log.path)
    end
  end

  @doc "Copies the log to a name that says its term."
  @spec set_aside(State.t()) :: :ok
  def set_aside(state) do
    File.cp!(state.log.path, "#{state.log.path}.set-aside-#{State.term(state)}")
    :ok
  end

  defp index({index, body}) when is_tuple(body), do: index
  defp index({:snapshot, index, _, _}), do: index
  defp index(_part), do: 0
end
