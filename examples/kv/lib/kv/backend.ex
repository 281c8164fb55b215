defmodule KV.Backend do
  @moduledoc """
  What `KV` asks of the way the data is replicated: `KV.Client` for a pair, `KV.Ra` for Raft.
  """

  alias KV.{Config, Record}

  @type options :: [timeout: timeout, id: Record.id()]
  @type standing :: :pair | :alone | :majority
  @type failure :: {:error, :unavailable | {:unknown, Record.id()} | File.posix()}

  @callback write(Config.t(), Record.operation(), options) ::
              {:ok, standing} | {:error, {:mismatch, {:ok, term} | :error}} | failure
  @callback get(Config.t(), key :: term, options) :: {:ok, term} | :error | {:error, :unavailable}
  @callback keys(Config.t(), options) :: [term] | {:error, :unavailable}
  @callback status(Config.t(), node) :: map | {:error, :unavailable}
  @callback promote(Config.t(), node) :: :ok | {:error, :behind | :unavailable}
end
