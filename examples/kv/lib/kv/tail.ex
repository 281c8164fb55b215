defmodule KV.Tail do
  @moduledoc """
  The newest records of the log, kept in memory: what a secondary that was away for a while still lacks.
  """

  alias KV.Record

  @enforce_keys [:table, :limit]
  defstruct [:table, :limit]

  @type t :: %__MODULE__{table: :ets.table(), limit: pos_integer}

  @spec new(pos_integer) :: t
  def new(limit), do: %__MODULE__{table: :ets.new(__MODULE__, [:ordered_set]), limit: limit}

  @spec add(t, [Record.packed()]) :: :ok
  def add(tail, records) do
    :ets.insert(tail.table, records)
    trim(tail, :ets.info(tail.table, :size) - tail.limit)
  end

  @spec clear(t) :: true
  def clear(tail), do: :ets.delete_all_objects(tail.table)

  @doc "Are all records after `index` here? `newest` is the last one of the log."
  @spec covers?(t, Record.index(), Record.index()) :: boolean
  def covers?(_tail, newest, newest), do: true
  def covers?(tail, index, newest), do: index < newest and :ets.member(tail.table, index + 1)

  @doc "At most `count` records after `index`, until they are `bytes` together."
  @spec after_index(t, Record.index(), non_neg_integer, integer | :infinity) ::
          [Record.packed()]
  def after_index(_tail, _index, 0, _bytes), do: []
  def after_index(_tail, _index, _count, bytes) when is_integer(bytes) and bytes <= 0, do: []

  def after_index(tail, index, count, bytes) do
    case :ets.lookup(tail.table, index + 1) do
      [{_, payload} = record] ->
        [record | after_index(tail, index + 1, count - 1, less(bytes, byte_size(payload)))]

      [] ->
        []
    end
  end

  defp less(:infinity, _size), do: :infinity
  defp less(bytes, size), do: bytes - size

  defp trim(tail, excess) when excess > 0 do
    :ets.delete(tail.table, :ets.first(tail.table))
    trim(tail, excess - 1)
  end

  defp trim(_tail, _excess), do: :ok
end
