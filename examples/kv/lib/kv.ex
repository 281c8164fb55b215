defmodule KV do
  @moduledoc """
  A key-value store: any term under any term, kept in memory, written to a log on disk before it is acknowledged.

      iex> KV.put("answer", 42)
      :ok
      iex> KV.get("answer")
      {:ok, 42}
      iex> KV.delete("answer")
      :ok
      iex> KV.get("answer")
      :error
  """

  alias KV.Store

  @type key :: term
  @type value :: term

  @doc "Stores `value` under `key`. `:ok` means that it is in the log."
  @spec put(key, value) :: :ok | {:error, File.posix()}
  def put(key, value), do: Store.write(Store, {:put, key, value})

  @doc "Forgets `key`. No error when it is not there."
  @spec delete(key) :: :ok | {:error, File.posix()}
  def delete(key), do: Store.write(Store, {:delete, key})

  @doc "What is stored under `key`. Reads go straight to the table, beside the writer."
  @spec get(key) :: {:ok, value} | :error
  def get(key), do: Store.get(Store, key)

  @doc "All the keys, in no particular order."
  @spec keys() :: [key]
  def keys, do: Store.keys(Store)
end
