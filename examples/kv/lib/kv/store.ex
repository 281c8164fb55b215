defmodule KV.Store do
  @moduledoc """
  The process that owns the table and the log. Writes go through it, one after the other: first the log, then the table, then the
  answer. Reads do not: they look into the table themselves.
  """
  use GenServer

  alias KV.Log

  # Rewrite the log when it holds this many records more than twice what is alive.
  @slack 10_000

  def start_link(options) do
    name = Keyword.fetch!(options, :name)
    GenServer.start_link(__MODULE__, options, name: name)
  end

  def write(store, operation), do: GenServer.call(store, {:write, operation})

  def get(table, key) do
    case :ets.lookup(table, key) do
      [{^key, value}] -> {:ok, value}
      # A table of type set compares keys with =:=, so nothing else can come.
      [] -> :error
    end
  end

  def keys(table), do: :ets.select(table, [{{:"$1", :_}, [], [:"$1"]}])

  @impl true
  def init(options) do
    table =
      :ets.new(Keyword.fetch!(options, :name), [
        :set,
        :protected,
        :named_table,
        read_concurrency: true
      ])

    case Log.open(Keyword.fetch!(options, :log), &apply_operation(table, &1)) do
      {:ok, log} -> {:ok, %{table: table, log: log}}
      {:error, reason} -> {:stop, {:log, reason}}
    end
  end

  @impl true
  def handle_call({:write, operation}, _from, %{table: table, log: log} = state) do
    case Log.append(log, operation) do
      {:ok, log} ->
        apply_operation(table, operation)
        {:reply, :ok, %{state | log: compact(log, table)}}

      {:error, reason, log} ->
        {:reply, {:error, reason}, %{state | log: log}}
    end
  end

  defp apply_operation(table, {:put, key, value}), do: :ets.insert(table, {key, value})
  defp apply_operation(table, {:delete, key}), do: :ets.delete(table, key)

  defp compact(log, table) do
    alive = :ets.info(table, :size)

    if log.records > 2 * alive + @slack do
      operations = Stream.map(:ets.tab2list(table), fn {key, value} -> {:put, key, value} end)

      case Log.rewrite(log, operations) do
        {:ok, log} -> log
        # The old log is whole: go on with it.
        {:error, _reason, log} -> log
      end
    else
      log
    end
  end
end
