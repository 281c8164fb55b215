defmodule KV.Replica do
  @moduledoc """
  The process that owns a data node's log and table, and the pair's end of the conversation with the other node and the witness.

  It never waits for another node: all between nodes are messages that may be lost. What each means is said in
  `KV.Replica.Election` (who is primary), `KV.Replica.Primary` and `KV.Replica.Secondary`.

  | message between replicas | |
  | --- | --- |
  | `{:hello, summary, answer?}` | how I stand |
  | `{:join, summary}` | I follow you: send what I lack |
  | `{:records, term, records}`, `{:acknowledged, index}` | the log |
  | `{:snapshot, term, number, last?, payloads}`, `{:snapshot_acknowledged, number}` | the whole store, in parts |
  | `{:cut, index}` | drop what you have after this |
  | `{:ping, sent, term, role, ask}`, `{:pong, sent, term}` | a lease (`KV.Lease`) |
  | `:hand_over` | let me be primary |
  """
  use GenServer

  alias KV.{Config, Lease, Table, Tail}
  alias KV.Replica.{Disk, Election, Primary, Secondary, State}

  @spec start_link(Config.t()) :: GenServer.on_start()
  def start_link(config), do: GenServer.start_link(__MODULE__, config, name: __MODULE__)

  @impl true
  def init(config) do
    KV.Gate.close()
    Table.new()

    state = %State{
      config: config,
      peer: Config.peer(config),
      incarnation: make_ref(),
      lease: %Lease{silence: config.silence},
      tail: Tail.new(config.tail)
    }

    case Disk.load(state, config.log) do
      {:ok, state} -> {:ok, tick(Election.start(state))}
      {:error, reason} -> {:stop, {:log, reason}}
    end
  end

  @impl true
  def handle_call({:write, id, operation}, from, state),
    do: {:noreply, Primary.write(state, from, id, operation)}

  def handle_call({:read, key}, from, state), do: {:noreply, Primary.read(state, from, key)}

  def handle_call(:keys, _from, state) do
    reply = if KV.Gate.open?(), do: {:read, Table.keys()}, else: {:refused, :not_readable}
    {:reply, reply, state}
  end

  def handle_call(:status, _from, state), do: {:reply, Election.status(state), state}
  def handle_call(:promote, from, state), do: {:noreply, Election.promote(state, from)}

  @impl true
  def handle_cast({:peer, node, incarnation, message}, %{peer: node} = state) do
    state = %{state | lease: Lease.hear(state.lease, node)}
    {:noreply, state |> Election.meet(incarnation) |> from_peer(message) |> State.publish()}
  end

  def handle_cast({:witness, node, message}, %{config: %{witness: node}} = state) do
    state = %{state | lease: Lease.hear(state.lease, node)}
    {:noreply, state |> from_witness(message) |> State.publish()}
  end

  def handle_cast(_other, state), do: {:noreply, state}

  @impl true
  def handle_info(:flush, state), do: {:noreply, Primary.flush(state)}
  def handle_info(:tick, state), do: {:noreply, tick(state)}
  def handle_info({:promote, from}, state), do: {:noreply, Election.promote(state, from)}

  def handle_info({:DOWN, monitor, :process, _, reason}, %{monitor: monitor} = state) do
    state = Election.fall(state)
    state = if reason == :noconnection, do: state, else: Election.ended(state)
    {:noreply, State.publish(state)}
  end

  def handle_info({:link, node, :up}, %{peer: node} = state),
    do: {:noreply, Election.greet(state, true)}

  def handle_info({:link, node, :gone}, %{peer: node, other: nil} = state),
    do: {:noreply, State.publish(Election.ended(state))}

  def handle_info(_other, state), do: {:noreply, state}

  defp from_peer(state, message) do
    case message do
      {:hello, summary, answer?} -> Election.hello(state, summary, answer?)
      {:join, summary} -> Election.joined(state, summary)
      {:records, term, records} -> Secondary.records(state, term, records)
      {:snapshot, _term, number, last?, parts} -> Secondary.snapshot(state, number, last?, parts)
      {:cut, index} -> Secondary.cut(state, index)
      {:acknowledged, index} -> Primary.acknowledged(state, index)
      {:snapshot_acknowledged, number} -> Primary.snapshot_acknowledged(state, number)
      {:ping, sent, term, role, _ask} -> Election.pinged(state, sent, term, role)
      {:pong, sent, term} -> ponged(state, state.peer, sent, term)
      :hand_over when state.role == :primary -> Primary.commit(%{state | handing_over: true})
      _ -> state
    end
  end

  defp from_witness(state, message) do
    case message do
      {:pong, sent, term} -> ponged(state, state.config.witness, sent, term)
      {:granted, ask, term} -> Election.granted(state, ask, term)
      {:overruled, term} -> Election.overruled(state, term)
      _ -> state
    end
  end

  # A lease counts for the term in which it was asked for.
  defp ponged(state, node, sent, term) do
    if term == State.term(state),
      do: %{state | lease: Lease.hold(state.lease, node, sent)},
      else: state
  end

  # After a pause (a stopped process, a sleeping machine) what the others said meanwhile has yet to be read.
  defp awake(state) do
    now = Lease.now()
    paused? = state.ticked == nil or now - state.ticked > state.config.silence
    %{state | ticked: now, awake: if(paused?, do: now, else: state.awake)}
  end

  defp tick(state) do
    Process.send_after(self(), :tick, div(state.config.silence, 5))
    state = state |> awake() |> Disk.sync() |> State.ping() |> Election.watch()

    state =
      case state.role do
        :primary -> if state.follower, do: state, else: Election.greet(state)
        :secondary -> Secondary.watch(state)
        :waiting -> Election.greet(state, true)
      end

    State.publish(state)
  end
end
