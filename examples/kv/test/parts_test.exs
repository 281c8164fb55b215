defmodule KV.PartsTest do
  @moduledoc "The parts that need no other node."
  use ExUnit.Case

  alias KV.{Config, Lease, Table, Tail, Term}
  alias KV.Replica.{Primary, State}

  describe "Term" do
    # a: 1 to 10, b: 11 to 20, a: 21 on.
    @history [{3, :a, [:a], 21}, {2, :b, [:b], 11}, {1, :a, [:a, :b], 1}]

    test "a log that is a part of another" do
      assert Term.common({@history, 30}, {@history, 25}) == {:ok, 25}
      assert Term.common({@history, 30}, {Term.cut(@history, 15), 15}) == {:ok, 15}
      assert Term.common({@history, 30}, {[], 0}) == {:ok, 0}
    end

    test "a log that has more in a term that was over by then" do
      assert Term.common({@history, 30}, {[{1, :a, [:a, :b], 1}], 14}) == {:ok, 10}
    end

    test "logs that parted" do
      theirs = [{3, :c, [:c], 16}, {2, :b, [:b], 11}, {1, :a, [:a, :b], 1}]
      assert Term.common({@history, 30}, {theirs, 40}) == {:ok, 15}
      assert Term.common({@history, 30}, {[{9, :x, [:x], 1}], 5}) == :unknown
    end
  end

  describe "Lease" do
    test "counts from when it was asked for" do
      lease = %Lease{silence: 50}
      assert Lease.held?(Lease.hold(lease, :a, Lease.now()), :a)
      refute Lease.held?(Lease.hold(lease, :a, Lease.now() - 60), :a)
      refute Lease.held?(lease, :a)
    end

    test "an old answer does not shorten it" do
      lease = Lease.hold(%Lease{silence: 1_000}, :a, Lease.now())
      assert Lease.held?(Lease.hold(lease, :a, Lease.now() - 10_000), :a)
    end

    test "is over before the promise behind it" do
      sent = Lease.now()
      promise = Lease.promise(%Lease{silence: 100}, :a)
      lease = Lease.hold(%Lease{silence: 100}, :b, sent)
      assert promise.promised.a > Lease.held_until(lease, :b)
    end
  end

  describe "Table" do
    setup [:wait_for_the_end, :new_table]

    test "a request is applied once, however often it comes" do
      assert Table.apply_write(1, "p", {:put, :a, 1}, 10) == :ok
      assert Table.apply_write(2, "q", {:put, :a, 2}, 10) == :ok
      assert Table.apply_write(3, "p", {:put, :a, 1}, 10) == :ok
      assert Table.get(:a) == {:ok, 2}
      assert Table.counts() == %{writes: 2, keys: 1, requests: 2}
    end

    test "a swap's result is remembered as it was" do
      Table.apply_write(1, "p", {:put, :a, 1}, 10)
      assert Table.apply_write(2, "s", {:swap, :a, {:ok, 1}, 2}, 10) == :ok
      assert Table.apply_write(3, "s", {:swap, :a, {:ok, 1}, 2}, 10) == :ok
      error = {:error, {:mismatch, {:ok, 2}}}
      assert Table.apply_write(4, "t", {:swap, :a, {:ok, 1.0}, 3}, 10) == error
      assert Table.apply_write(5, "u", {:swap, :b, :error, 3}, 10) == :ok
      assert Table.answered("t") == {:ok, error}
    end

    test "the oldest requests are forgotten" do
      for n <- 1..20, do: Table.apply_write(n, "#{n}", {:put, n, n}, 5)
      assert Table.counts() == %{writes: 20, keys: 20, requests: 5}
      assert Table.answered("15") == :error
      assert Table.answered("16") == {:ok, :ok}
    end

    test "a snapshot holds everything" do
      for n <- 1..20, do: Table.apply_write(n, "#{n}", {:put, rem(n, 7), n}, 5)
      {parts, counts, digest} = {Enum.to_list(Table.dump()), Table.counts(), Table.digest()}
      Table.clear()
      Enum.each([{:snapshot, 20, [], counts.writes} | parts], &Table.load/1)
      assert {Table.counts(), Table.digest()} == {counts, digest}
      assert Table.answered("20") == {:ok, :ok}
    end

    test "a key is pending until its last write has arrived" do
      Table.mark({:put, :a, 1}, 1)
      Table.mark({:put, :a, 2}, 2)
      Table.unmark({:put, :a, 1}, 1)
      assert Table.pending(:a) == 2
      Table.unmark({:put, :a, 2}, 2)
      assert Table.pending(:a) == nil
    end
  end

  test "the tail keeps the newest, and says what it covers" do
    tail = Tail.new(5)
    Tail.add(tail, for(n <- 1..10, do: {n, "#{n}"}))
    assert Tail.covers?(tail, 5, 10)
    refute Tail.covers?(tail, 4, 10)
    assert Tail.covers?(tail, 10, 10)
    assert Tail.after_index(tail, 7, 2, 1_000) == [{8, "8"}, {9, "9"}]
    assert Tail.after_index(tail, 7, 9, 1) == [{8, "8"}]
  end

  describe "Config" do
    test "a node is what its name says" do
      {:ok, config} = Config.new(nodes: [:a@x, :b@x], witness: node())
      assert Config.role(config) == :witness
      assert Config.role(%{config | witness: nil}) == :client
      {:ok, config} = Config.new([])
      assert {Config.role(config), Config.peer(config)} == {:data, nil}
    end

    test "what is wrong is said in a sentence" do
      for settings <- [
            [nodes: [:a, :b, :c]],
            [nodes: [:a, :a]],
            [replication: :magic],
            [nodes: [:a], witness: :a],
            [on_silence: :panic]
          ] do
        assert {:error, sentence} = Config.new(settings)
        assert sentence =~ " "
      end
    end
  end

  describe "Primary" do
    @behind 5_150

    setup [:wait_for_the_end, :new_table]

    setup do
      Process.register(self(), KV.Replica)
      tail = Tail.new(@behind)
      Tail.add(tail, for(index <- 1..@behind, do: {index, "record"}))

      state = %State{
        config: %Config{},
        incarnation: make_ref(),
        lease: %Lease{silence: 1_000},
        tail: tail,
        log: %{records: @behind},
        peer: node(),
        role: :primary,
        index: @behind,
        follower: %{sent: 0, acked: 0, member: false, snapshot: nil}
      }

      %{state: state}
    end

    test "sends one that catches up few large messages", %{state: state} do
      state = Primary.acknowledged(state, 0)
      assert sent() == List.duplicate(200, 10)
      state = Enum.reduce(1..199, state, &Primary.acknowledged(&2, &1))
      assert sent() == []
      state = Primary.acknowledged(state, 200)
      assert sent() == [200]
      state = Enum.reduce(201..4_999, state, &Primary.acknowledged(&2, &1))
      assert sent() == List.duplicate(200, 14)
      # Less than that when it has all the others.
      Primary.acknowledged(state, 5_000)
      assert sent() == [150]
    end

    test "sends a member what there is, as far as the window goes", %{state: state} do
      state = put_in(state.follower.member, true)
      state = Enum.reduce(1..2_100, state, &Primary.acknowledged(%{&2 | index: &1}, 0))
      assert sent() == List.duplicate(1, 2_000)
      Primary.acknowledged(state, 99)
      assert sent() == []
      Primary.acknowledged(state, 100)
      assert sent() == [100]
    end
  end

  # The names that a test's process has are free before the next test.
  defp wait_for_the_end(_context) do
    test = self()

    on_exit(fn ->
      monitor = Process.monitor(test)
      assert_receive {:DOWN, ^monitor, :process, ^test, _reason}, 5_000
    end)
  end

  defp new_table(_context), do: Table.new()

  # How many records each message to the follower holds.
  defp sent do
    receive do
      {:"$gen_cast", {:peer, _, _, {:records, _, records}}} -> [length(records) | sent()]
    after
      0 -> []
    end
  end
end
