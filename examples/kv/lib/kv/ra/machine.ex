defmodule KV.Ra.Machine do
  @moduledoc """
  The store as Ra replicates it: a value that each node computes from the same commands in the same order. What `KV.Table` is to a pair.

  A request that was applied is remembered with its result; the last `remember` requests are.
  """
  alias KV.Record

  # After so many commands Ra may replace the log up to there by a snapshot.
  @snapshot 10_000

  @enforce_keys [:remember]
  defstruct [:remember, data: %{}, results: %{}, order: :queue.new(), writes: 0]

  @opaque t :: %__MODULE__{}
  @type command :: {:write, Record.id(), Record.operation()}

  # The functions of the behaviour ra_machine, which need not be known when this is compiled.

  @spec init(%{remember: pos_integer}) :: t
  def init(%{remember: remember}), do: %__MODULE__{remember: remember}

  @spec apply(map, command | term, t) :: {t, term} | {t, term, list}
  def apply(%{index: index}, {:write, id, operation}, machine) do
    {machine, result} =
      case machine.results do
        %{^id => result} -> {machine, result}
        _ -> write(machine, id, operation)
      end

    effects = if rem(index, @snapshot) == 0, do: [{:release_cursor, index, machine}], else: []
    {machine, result, effects}
  end

  # Ra tells of a new version of the machine, the clock, nodes: none of it changes the store.
  def apply(_meta, _other, machine), do: {machine, :ok}

  @doc "A query: what is stored under `key`."
  @spec get(t, term) :: {:ok, term} | :error
  def get(machine, key), do: Map.fetch(machine.data, key)

  @doc "A query: all the keys."
  @spec keys(t) :: [term]
  def keys(machine), do: Map.keys(machine.data)

  @doc "A query: what a status tells of the data."
  @spec counts(t) :: %{
          writes: non_neg_integer,
          keys: non_neg_integer,
          requests: non_neg_integer,
          digest: non_neg_integer
        }
  def counts(machine) do
    %{
      writes: machine.writes,
      keys: map_size(machine.data),
      requests: map_size(machine.results),
      digest: Enum.reduce(machine.data, 0, &rem(&2 + :erlang.phash2(&1), 4_294_967_291))
    }
  end

  defp write(machine, id, operation) do
    {data, result} = operate(machine.data, operation)

    machine = %{
      machine
      | data: data,
        results: Map.put(machine.results, id, result),
        order: :queue.in(id, machine.order),
        writes: machine.writes + 1
    }

    {forget(machine), result}
  end

  defp forget(machine) when map_size(machine.results) <= machine.remember, do: machine

  defp forget(machine) do
    {{:value, id}, order} = :queue.out(machine.order)
    %{machine | results: Map.delete(machine.results, id), order: order}
  end

  defp operate(data, {:put, key, value}), do: {Map.put(data, key, value), :ok}
  defp operate(data, {:delete, key}), do: {Map.delete(data, key), :ok}

  defp operate(data, {:swap, key, expected, value}) do
    case Map.fetch(data, key) do
      ^expected -> operate(data, {:put, key, value})
      current -> {data, {:error, {:mismatch, current}}}
    end
  end
end
