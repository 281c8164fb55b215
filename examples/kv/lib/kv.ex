defmodule KV do
  @moduledoc """
  A key-value store: any term under any term, kept in memory on one node, on a pair of nodes, or on several.

      iex> KV.put("answer", 42)
      {:ok, :alone}
      iex> KV.get("answer")
      {:ok, 42}
      iex> KV.compare_and_swap("answer", {:ok, 42}, 43)
      {:ok, :alone}
      iex> KV.delete("answer")
      {:ok, :alone}
      iex> KV.get("answer")
      :error

  A write is acknowledged by `{:ok, :pair}` when it is on the primary's disk and at the other node, by `{:ok, :alone}` when there is
  no other node and it is on this one's disk, and by `{:ok, :majority}` when Raft has it on most nodes' disks. Any node may be asked,
  also one that holds no data.

  Writes and reads take `timeout:` (milliseconds, 5000). When that is over the answer is

    * `{:error, :unavailable}`: nothing was done; or
    * `{:error, {:unknown, id}}`: the write may have been done or may be done yet. Written again with `id: id`, it is done once.
  """

  alias KV.{Backend, Client, Config, Ra}

  @type key :: term
  @type value :: term
  @type acknowledgement :: {:ok, Backend.standing()} | Backend.failure()

  @doc "Stores `value` under `key`."
  @spec put(key, value, Backend.options()) :: acknowledgement
  def put(key, value, options \\ []), do: write({:put, key, value}, options)

  @doc "Forgets `key`. No error when it is not there."
  @spec delete(key, Backend.options()) :: acknowledgement
  def delete(key, options \\ []), do: write({:delete, key}, options)

  @doc """
  Stores `value` under `key` if what is there now is `expected`, as `get/1` would give it: `{:ok, old}`, or `:error` for nothing. Otherwise
  tells what is there.
  """
  @spec compare_and_swap(key, {:ok, value} | :error, value, Backend.options()) ::
          acknowledgement | {:error, {:mismatch, {:ok, value} | :error}}
  def compare_and_swap(key, expected, value, options \\ []),
    do: write({:swap, key, expected, value}, options)

  @doc "What is stored under `key`. Never older than any write that was acknowledged, or any value that was read, before."
  @spec get(key, Backend.options()) :: {:ok, value} | :error | {:error, :unavailable}
  def get(key, options \\ []) do
    config = config()
    backend(config).get(config, key, options)
  end

  @doc "All the keys, in no particular order."
  @spec keys(Backend.options()) :: [key] | {:error, :unavailable}
  def keys(options \\ []) do
    config = config()
    backend(config).keys(config, options)
  end

  @doc "How `node` stands: its role, the term, who is primary, how it sees the others."
  @spec status(node) :: map | {:error, :unavailable}
  def status(node \\ node()) do
    config = config()
    backend(config).status(config, node)
  end

  @doc """
  Makes `node` the primary. While both are there, the primary hands over and nothing is lost. Otherwise this is the user's word that the
  other one is dead, or that what it did alone may be set aside.
  """
  @spec promote(node) :: :ok | {:error, :behind | :unavailable}
  def promote(node \\ node()) do
    config = config()
    backend(config).promote(config, node)
  end

  defp write(operation, options) do
    config = config()
    backend(config).write(config, operation, options)
  end

  defp backend(%{replication: :pair}), do: Client
  defp backend(%{replication: :ra}), do: Ra

  defp config, do: Config.current()
end
