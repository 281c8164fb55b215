defmodule KV.Replica.Election do
  @moduledoc """
  Who is primary. A term is begun only by a node that knows that no other one begins the same:

  - **The other has ended**, for certain: its process, or its node (`KV.Link`), or it came back as a new one. With a witness, the lease that
    it had given must hold still: so it has not begun a term before its end.
  - **The other joins.** It says so itself, and gives up to take over.
  - **The witness grants it.** When the other is silent, and our promise to it is over. The witness grants a term once, and none while
    it has promised the primary not to.
  - **The user says so**: `promote`, or `on_silence: :continue` without a witness. Then there may be two; the higher term wins when
    they meet, and the loser's log is set aside.

  A node that has just started waits for the other one: only its log says which has more. But a node that was alone when it stopped goes on alone.
  """

  alias KV.{Lease, Table, Term}
  alias KV.Replica.{Primary, Secondary, State}

  # The user's word goes before what the other did meanwhile, be it so many terms.
  @promotion 1_000

  @doc "What a replica does when its log has been read."
  @spec start(State.t()) :: State.t()
  def start(state) do
    single = state.peer == nil

    cond do
      Term.members(state.history) == [node()] ->
        State.publish(%{state | role: :primary, live: true, certain: single})

      single ->
        begin_alone(state, certain: true)

      true ->
        State.publish(state)
    end
  end

  @doc "The number of a new term: higher than any that was heard of."
  @spec next_term(State.t()) :: Term.ordinal()
  def next_term(state), do: max(State.term(state), state.floor) + 1

  @doc "Notes which process the other node's replica is; a new one means that the old one has ended."
  @spec meet(State.t(), reference) :: State.t()
  def meet(%{other: other} = state, other), do: state

  def meet(state, incarnation) do
    former = state.other || state.fell
    state = if state.other, do: fall(state), else: state
    state = if former != incarnation, do: ended(state), else: state
    monitor = Process.monitor({KV.Replica, state.peer})
    %{state | other: incarnation, monitor: monitor, fell: nil, certain: false}
  end

  @doc "The connection to the other replica, or the replica itself, is down."
  @spec fall(State.t()) :: State.t()
  def fall(state) do
    if state.monitor, do: Process.demonitor(state.monitor, [:flush])
    %{state | other: nil, monitor: nil, fell: state.other, follower: nil}
  end

  @doc """
  The replica that fell has ended. With a witness, it may have begun a term with it before its end, unless its lease still holds.
  """
  @spec ended(State.t()) :: State.t()
  def ended(state) do
    sure = state.config.witness == nil or Lease.held?(state.lease, state.peer)

    cond do
      not state.live -> state
      State.pair?(state) and sure -> begin_alone(state, certain: true)
      State.pair?(state) -> ask(state)
      true -> %{state | certain: true}
    end
  end

  @doc "Is the other member not heard of, and are we free of what we promised it?"
  @spec silent?(State.t()) :: boolean
  def silent?(state),
    do: not Lease.held?(state.lease, state.peer) and not Lease.bound?(state.lease, state.peer)

  @doc "What a member does about silence."
  @spec watch(State.t()) :: State.t()
  def watch(%{live: true} = state) do
    cond do
      not State.pair?(state) or not silent?(state) -> state
      # The silence may have been our own.
      Lease.now() - state.awake < state.config.silence -> state
      state.config.witness != nil -> ask(state)
      state.config.on_silence == :continue -> begin_alone(state, certain: false)
      true -> state
    end
  end

  def watch(state), do: state

  @doc "A ping of the other replica. An answer is a promise; members of one term give it, unless the witness has been asked."
  @spec pinged(State.t(), integer, Term.ordinal(), atom) :: State.t()
  def pinged(state, sent, term, _role) do
    if term == State.term(state) and state.live do
      # Heard again: what the witness may still grant is not taken any more.
      state = %{state | ask: nil, lease: Lease.promise(state.lease, state.peer)}
      State.tell_peer(state, {:pong, sent, term})
      state
    else
      state
    end
  end

  @doc "Two replicas tell each other how they stand."
  @spec hello(State.t(), map, boolean) :: State.t()
  def hello(%{role: :primary} = state, theirs, answer?) do
    cond do
      loses?(state, theirs) -> state |> Primary.step_down() |> hello(theirs, answer?)
      answer? -> greet(state)
      true -> state
    end
  end

  def hello(state, %{role: :primary} = theirs, _answer?) do
    if theirs.term >= State.term(state), do: Secondary.join(state, theirs), else: greet(state)
  end

  # Its primary is gone as such; who has more leads.
  def hello(state, theirs, answer?) do
    cond do
      not ahead?(state, theirs) -> Secondary.join(state, theirs)
      answer? -> greet(state)
      true -> state
    end
  end

  @doc "Says how we stand; `answer?` asks for the same."
  @spec greet(State.t(), boolean) :: State.t()
  def greet(state, answer? \\ false) do
    State.tell_peer(state, {:hello, State.summary(state), answer?})
    state
  end

  @doc "The other node wants to follow this one."
  @spec joined(State.t(), map) :: State.t()
  def joined(state, theirs) do
    same = {theirs.term, theirs.index} == {State.term(state), state.index}

    cond do
      state.role == :primary and theirs.term > State.term(state) ->
        greet(Primary.step_down(state))

      state.role == :primary and gave_up?(state, theirs) ->
        state |> begin_alone(certain: false) |> Primary.serve(theirs)

      state.role == :primary ->
        Primary.serve(state, theirs)

      theirs.live ->
        greet(state)

      ahead?(state, theirs) or (same and state.promoting != nil) ->
        state |> begin_alone(certain: false) |> Primary.serve(theirs)

      true ->
        greet(state)
    end
  end

  @doc "The witness grants the term that was asked for."
  @spec granted(State.t(), reference, Term.ordinal()) :: State.t()
  def granted(%{ask: ask, live: true} = state, ask, number) when ask != nil,
    do: begin_alone(state, certain: false, term: number)

  def granted(state, _ask, _number), do: state

  @doc "The witness knows a higher term. A primary that has nobody on its side is fenced by it."
  @spec overruled(State.t(), Term.ordinal()) :: State.t()
  def overruled(state, number) do
    state = %{state | floor: max(state.floor, number)}

    if state.role == :primary and number > State.term(state) and
         not Lease.held?(state.lease, state.peer),
       do: Primary.step_down(state),
       else: state
  end

  @doc "The user wants this node to be primary."
  @spec promote(State.t(), GenServer.from()) :: State.t()
  def promote(state, from) do
    near = Lease.heard?(state.lease, state.peer) and state.other != nil
    alone = not State.pair?(state)

    cond do
      state.role == :primary and (alone or not silent?(state)) ->
        GenServer.reply(from, :ok)
        state

      near and state.role == :secondary and state.live ->
        State.tell_peer(state, :hand_over)
        %{state | promoting: from}

      near ->
        GenServer.reply(from, {:error, :behind})
        state

      Lease.bound?(state.lease, state.peer) ->
        Process.send_after(self(), {:promote, from}, 100)
        state

      true ->
        begin_alone(%{state | promoting: from},
          certain: false,
          term: next_term(state) + @promotion
        )
    end
  end

  @doc "Everything is at the other node, which wants to be primary: follow it."
  @spec hand_over(State.t()) :: State.t()
  def hand_over(state), do: state |> Primary.step_down() |> Secondary.join(%{role: :waiting})

  defp ask(state) do
    state = %{state | ask: state.ask || make_ref()}
    State.tell_witness(state, {:ask, state.ask, State.term(state)})
    state
  end

  defp begin_alone(state, options) do
    number = Keyword.get(options, :term) || next_term(state)
    lease = Lease.drop(state.lease, state.peer)
    state = %{state | role: :primary, live: true, lease: lease, follower: nil}
    state = %{state | ask: nil, handing_over: false, certain: Keyword.fetch!(options, :certain)}
    state = state |> Primary.begin_term(number, [node()]) |> Primary.commit()
    if state.promoting, do: GenServer.reply(state.promoting, :ok)
    %{state | promoting: nil} |> State.publish() |> State.ping() |> greet()
  end

  # A member that started anew, or that followed another meanwhile. One that has not yet read that it is a member has not.
  defp gave_up?(state, theirs) do
    anew = state.other != state.enrolled
    State.pair?(state) and not theirs.live and (anew or theirs.term == State.term(state))
  end

  # Of two primaries, which there are only where the user said so, one loses.
  defp loses?(state, %{role: :primary} = theirs), do: not ahead?(state, theirs)
  defp loses?(state, theirs), do: theirs.term > State.term(state)

  # The order of logs; of two that are the same the lower name leads.
  defp ahead?(state, theirs) do
    ours = {State.term(state), state.index}
    them = {theirs.term, theirs.index}
    ours > them or (ours == them and node() < state.peer)
  end

  @doc "How the other node looks from here."
  @spec outlook(State.t()) :: :none | :connected | :silent | :ended | :unknown
  def outlook(state) do
    cond do
      state.peer == nil -> :none
      state.other != nil and Lease.heard?(state.lease, state.peer) -> :connected
      state.certain -> :ended
      state.live and State.pair?(state) -> :silent
      true -> :unknown
    end
  end

  @doc "What `KV.status/0` tells."
  @spec status(State.t()) :: map
  def status(state) do
    %{
      node: node(),
      role: state.role,
      in_sync: state.live,
      primary: if(state.role == :primary, do: node(), else: Term.primary(state.history)),
      term: State.term(state),
      members: Term.members(state.history),
      other: outlook(state),
      witness: state.config.witness && Lease.heard?(state.lease, state.config.witness),
      writable: Primary.refusal(state) == nil,
      index: state.index
    }
    |> Map.merge(Table.counts())
  end
end
