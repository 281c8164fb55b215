defmodule KV.Gate do
  @moduledoc """
  What a reader needs to know, without asking the process that writes: may this node's table be read, and who takes the writes?

  The gate is open until a moment, that of a lease (`KV.Lease`), or without limit. A reader takes a ticket, looks into the table, and
  sees whether the ticket is still valid. Then what it found was current when it took the ticket, however long it was stopped in
  between. Tickets become invalid when the table is emptied.
  """

  alias KV.Lease

  @type until :: integer | :always | :never
  @type ticket :: integer

  @doc "Made before anything that publishes."
  @spec new() :: :ok
  def new do
    :ets.new(__MODULE__, [:set, :public, :named_table, read_concurrency: true])
    :ets.insert(__MODULE__, {:ticket, 0})
    publish(nil, :never)
  end

  @spec publish(node | nil, until) :: :ok
  def publish(primary, until) do
    :ets.insert(__MODULE__, {:gate, primary, until})
    :ok
  end

  @doc "Closes the gate, and makes all tickets invalid."
  @spec close() :: :ok
  def close do
    publish(nil, :never)
    :ets.update_counter(__MODULE__, :ticket, 1)
    :ok
  end

  @doc "A ticket, when the gate is open."
  @spec ticket() :: ticket | nil
  def ticket do
    ticket = :ets.lookup_element(__MODULE__, :ticket, 2)
    if open?(), do: ticket
  end

  @spec valid?(ticket) :: boolean
  def valid?(ticket), do: ticket == :ets.lookup_element(__MODULE__, :ticket, 2)

  @spec open?() :: boolean
  def open? do
    case :ets.lookup_element(__MODULE__, :gate, 3) do
      :always -> true
      :never -> false
      until -> Lease.now() < until
    end
  end

  @doc "Who takes the writes, as far as is known here."
  @spec primary() :: node | nil
  def primary, do: :ets.lookup_element(__MODULE__, :gate, 2)

  @doc "Notes that a node did not answer in time."
  @spec unanswered(node) :: true
  def unanswered(node), do: :ets.insert(__MODULE__, {{:unanswered, node}, Lease.now()})

  @doc "How long ago that was, in milliseconds."
  @spec unanswered_for(node) :: integer | :infinity
  def unanswered_for(node) do
    case :ets.lookup(__MODULE__, {:unanswered, node}) do
      [{_, at}] -> Lease.now() - at
      [] -> :infinity
    end
  end
end
