defmodule KV.Table do
  @moduledoc """
  The store in memory, and what each operation does to it. Whoever applies the same records in the same order has the same tables.

  One process applies; every process may read. A request that was applied is remembered with its result, so that it is not applied
  again when it is retried; the last `remember` requests are.

  On a primary, a key may have writes on their way that are not acknowledged yet, but that a reader may already have seen at the
  secondary. `pending/1` tells: such a key is read after the write has arrived.
  """

  alias KV.Record

  @data __MODULE__
  @requests Module.concat(__MODULE__, Requests)
  @order Module.concat(__MODULE__, Order)
  @pending Module.concat(__MODULE__, Pending)

  @type result :: :ok | {:error, {:mismatch, {:ok, term} | :error}}

  @spec new() :: :ok
  def new do
    for {table, type} <- [
          {@data, :set},
          {@requests, :set},
          {@order, :ordered_set},
          {@pending, :set}
        ],
        do: :ets.new(table, [type, :protected, :named_table, read_concurrency: true])

    clear()
  end

  @spec clear() :: :ok
  def clear do
    for table <- [@data, @requests, @order, @pending], do: :ets.delete_all_objects(table)
    # Under an atom, where requests' ids are binaries.
    :ets.insert(@requests, {:writes, 0})
    :ok
  end

  @doc "Applies one write, unless it was already."
  @spec apply_write(Record.index(), Record.id(), Record.operation(), pos_integer) :: result
  def apply_write(index, id, operation, remember) do
    with :error <- answered(id) do
      result = operate(operation)
      :ets.update_counter(@requests, :writes, 1)
      note(id, index, result, remember)
      result
    else
      {:ok, result} -> result
    end
  end

  @doc "The result of a request that was applied."
  @spec answered(Record.id()) :: {:ok, result} | :error
  def answered(id) do
    case :ets.lookup(@requests, id) do
      [{_id, _index, result}] -> {:ok, result}
      [] -> :error
    end
  end

  @spec get(term) :: {:ok, term} | :error
  def get(key) do
    # A table of type set compares keys with =:=, so nothing else can come.
    case :ets.lookup(@data, key) do
      [{_key, value}] -> {:ok, value}
      [] -> :error
    end
  end

  @spec keys() :: [term]
  def keys, do: :ets.select(@data, [{{:"$1", :_}, [], [:"$1"]}])

  @doc "How many writes there ever were, how many keys there are, and how many requests are remembered."
  @spec counts() :: %{writes: non_neg_integer, keys: non_neg_integer, requests: non_neg_integer}
  def counts do
    %{
      writes: :ets.lookup_element(@requests, :writes, 2),
      keys: :ets.info(@data, :size),
      requests: :ets.info(@order, :size)
    }
  end

  @doc "A number that is the same where the data is the same."
  @spec digest() :: non_neg_integer
  def digest,
    do: :ets.foldl(fn row, sum -> rem(sum + :erlang.phash2(row), 4_294_967_291) end, 0, @data)

  @doc "Marks the key of a write that is on its way as record `index`."
  @spec mark(Record.operation(), Record.index()) :: true
  def mark(operation, index), do: :ets.insert(@pending, {key(operation), index})

  @doc "The write has arrived. A later one of the same key keeps its mark."
  @spec unmark(Record.operation(), Record.index()) :: true
  def unmark(operation, index), do: :ets.delete_object(@pending, {key(operation), index})

  @doc "The last write of `key` that is on its way."
  @spec pending(term) :: Record.index() | nil
  def pending(key) do
    case :ets.lookup(@pending, key) do
      [{_key, index}] -> index
      [] -> nil
    end
  end

  @doc "The tables as payloads of a snapshot."
  @spec dump() :: Enumerable.t()
  def dump do
    rows = Stream.map(:ets.tab2list(@data), fn {key, value} -> {:row, key, value} end)

    requests =
      for {id, index, result} <- :ets.tab2list(@requests), do: {:request, id, index, result}

    Stream.concat(rows, requests)
  end

  @doc "Takes in one payload of a snapshot."
  @spec load(tuple) :: true
  def load({:snapshot, _index, _history, writes}), do: :ets.insert(@requests, {:writes, writes})
  def load({:row, key, value}), do: :ets.insert(@data, {key, value})

  def load({:request, id, index, result}) do
    :ets.insert(@order, {index, id})
    :ets.insert(@requests, {id, index, result})
  end

  defp operate({:put, key, value}) do
    :ets.insert(@data, {key, value})
    :ok
  end

  defp operate({:delete, key}) do
    :ets.delete(@data, key)
    :ok
  end

  defp operate({:swap, key, expected, value}) do
    case get(key) do
      ^expected -> operate({:put, key, value})
      current -> {:error, {:mismatch, current}}
    end
  end

  defp key(operation), do: elem(operation, 1)

  defp note(id, index, result, remember) do
    :ets.insert(@requests, {id, index, result})
    :ets.insert(@order, {index, id})
    if :ets.info(@order, :size) > remember, do: forget(:ets.first(@order))
  end

  defp forget(index) do
    [{_index, id}] = :ets.take(@order, index)
    :ets.delete(@requests, id)
  end
end
