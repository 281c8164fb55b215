defmodule KV.Replica.State do
  @moduledoc """
  What a replica knows, and what every role does with it: speaking to the others, opening the readers' gate.

  Roles:

  | role | |
  | --- | --- |
  | `:primary` | takes the writes |
  | `:secondary` | follows a primary; when `live`, it has every acknowledged write and may take over |
  | `:waiting` | knows no primary: just started, or stepped down |

  `live` is never true after a restart: what happened meanwhile is not known until the other node says it.
  """

  alias KV.{Gate, Lease, Link, Term}

  @enforce_keys [:config, :incarnation, :lease, :tail]
  defstruct [
    :config,
    :peer,
    # Drawn at each start: an old and a new process of one name are told apart by it.
    :incarnation,
    :lease,
    :log,
    :tail,
    role: :waiting,
    live: false,
    # The last record in the log, on the disk, and in the table.
    index: 0,
    synced: 0,
    applied: 0,
    history: [],
    # The highest term that the witness named.
    floor: 0,
    # The other replica's incarnation: while it is connected, and the one that was before.
    other: nil,
    monitor: nil,
    fell: nil,
    # On a secondary: when records last came, and the snapshot that is coming.
    streamed: nil,
    incoming: nil,
    # On a primary.
    follower: nil,
    # The incarnation that is a member.
    enrolled: nil,
    batch: [],
    # Records that are in the log but not acknowledged: index => {body, who waits}.
    waiting: %{},
    # Their requests' ids: id => index.
    underway: %{},
    handing_over: false,
    # Alone, and sure that the other had ended.
    certain: false,
    # The question that the witness was asked.
    ask: nil,
    promoting: nil,
    # When the last tick was, and since when they have come without a pause.
    ticked: nil,
    awake: nil
  ]

  @type t :: %__MODULE__{}

  @doc "The number of the newest term."
  @spec term(t) :: Term.ordinal()
  def term(state), do: Term.number(state.history)

  @doc "Is the other node a member of this term?"
  @spec pair?(t) :: boolean
  def pair?(state), do: state.peer != nil and state.peer in Term.members(state.history)

  @doc "What a hello says about us."
  @spec summary(t) :: map
  def summary(state) do
    %{
      role: state.role,
      live: state.live,
      term: term(state),
      index: state.index,
      history: state.history
    }
  end

  @doc "Sends to the other replica."
  @spec tell_peer(t, term) :: boolean
  def tell_peer(%{peer: nil}, _message), do: false

  def tell_peer(state, message),
    do: Link.cast({KV.Replica, state.peer}, {:peer, node(), state.incarnation, message})

  @doc "Sends to the witness."
  @spec tell_witness(t, term) :: boolean
  def tell_witness(%{config: %{witness: nil}}, _message), do: false

  def tell_witness(state, message) do
    to = {KV.Witness, state.config.witness}
    Link.cast(to, {:replica, node(), state.incarnation, message})
  end

  @doc "Tells what this node is, and asks the others whether it still is."
  @spec ping(t) :: t
  def ping(state) do
    ping = {:ping, Lease.now(), term(state), state.role, state.ask}
    tell_peer(state, ping)
    tell_witness(state, ping)
    state
  end

  @doc "Opens or closes the gate for readers on this node."
  @spec publish(t) :: t
  def publish(state) do
    Gate.publish(known_primary(state), readable_until(state))
    state
  end

  defp known_primary(%{role: :primary}), do: node()
  defp known_primary(%{role: :secondary} = state), do: state.peer
  defp known_primary(%{role: :waiting}), do: nil

  # Without a witness nobody takes over by silence alone, unless the user said so: what is here stays current.
  defp readable_until(%{live: false}), do: :never
  defp readable_until(%{config: %{witness: nil}}), do: :always
  defp readable_until(%{certain: true}), do: :always
  defp readable_until(%{role: :waiting}), do: :never

  defp readable_until(state) do
    ours = Lease.held_until(state.lease, state.peer)

    case {state.role, Lease.held_until(state.lease, state.config.witness)} do
      {:primary, theirs} -> latest(ours, theirs)
      {:secondary, _} -> ours || :never
    end
  end

  defp latest(nil, nil), do: :never
  defp latest(one, other), do: Enum.max(Enum.reject([one, other], &is_nil/1))
end
