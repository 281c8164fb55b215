defmodule KV.PairTest do
  @moduledoc "Nodes that end, stop and come back. The test's own node is a client."
  use ExUnit.Case

  @moduletag :distribution
  @moduletag timeout: 120_000
  @silence 300

  setup context do
    directory =
      Path.join(System.tmp_dir!(), "kv-#{System.pid()}-#{System.unique_integer([:positive])}")

    File.mkdir_p!(directory)
    [_, host] = String.split(Atom.to_string(node()), "@")
    tag = System.unique_integer([:positive])

    [alice, bob, wendy] =
      for name <- ~w(alice bob wendy), do: :"#{name}-#{System.pid()}-#{tag}@#{host}"

    settings =
      Keyword.merge(
        [nodes: [alice, bob], silence: @silence, http: nil, on_silence: :stop, tail: 50_000] ++
          [witness: if(context[:witness], do: wendy)],
        context[:settings] || []
      )

    on_exit(fn ->
      for name <- [alice, bob, wendy], do: kill(name)
      ExUnit.CaptureLog.capture_log(fn -> Application.stop(:kv) end)
      File.rm_rf!(directory)
    end)

    for name <- [alice, bob], do: start(name, directory, settings)
    if context[:witness], do: start(wendy, directory, settings)
    Application.put_all_env(kv: Keyword.put(settings, :log, "unused"))
    {:ok, _} = Application.ensure_all_started(:kv)
    eventually(fn -> in_sync?(alice, bob) end)
    %{alice: alice, bob: bob, wendy: wendy, directory: directory, settings: settings}
  end

  defp start(name, directory, settings) do
    [short, _] = String.split(Atom.to_string(name), "@")
    cookie = Atom.to_charlist(Node.get_cookie())
    arguments = ['-setcookie', cookie, '-kernel', 'prevent_overlapping_partitions', 'false']
    {:ok, _peer, ^name} = :peer.start(%{name: String.to_atom(short), args: arguments})
    :ok = :erpc.call(name, :code, :add_paths, [:code.get_path()])
    log = Path.join(directory, short)
    :ok = :erpc.call(name, Application, :put_all_env, [[kv: Keyword.put(settings, :log, log)]])
    {:ok, _} = :erpc.call(name, Application, :ensure_all_started, [:kv])
    pid = :erpc.call(name, :os, :getpid, [])
    :persistent_term.put({__MODULE__, name}, to_string(pid))
    log
  end

  defp signal(name, signal) do
    {_, 0} = System.cmd("kill", ["-#{signal}", :persistent_term.get({__MODULE__, name})])
  end

  defp kill(name) do
    case :persistent_term.get({__MODULE__, name}, nil) do
      nil ->
        :ok

      pid ->
        System.cmd("kill", ["-9", pid], stderr_to_stdout: true)
        :persistent_term.erase({__MODULE__, name})
        eventually(fn -> name not in Node.list() end)
    end
  end

  defp eventually(fun, tries \\ 1_000) do
    cond do
      fun.() -> :ok
      tries == 0 -> flunk("waited in vain; #{inspect(statuses(), pretty: true)}")
      true -> Process.sleep(20) && eventually(fun, tries - 1)
    end
  end

  defp statuses, do: Enum.map(KV.Config.current().nodes, &KV.status/1)

  defp in_sync?(one, other) do
    roles = for name <- [one, other], %{in_sync: true, role: role} <- [KV.status(name)], do: role
    Enum.sort(roles) == [:primary, :secondary] and length(KV.status(one).members) == 2
  end

  defp primary(context), do: KV.status(context.alice).primary
  defp other(context, name), do: hd([context.alice, context.bob] -- [name])
  defp on(name, function, arguments), do: :erpc.call(name, KV, function, arguments)

  defp same_data?(one, other) do
    digests = for name <- [one, other], do: :erpc.call(name, KV.Table, :digest, [])
    length(Enum.uniq(digests)) == 1
  end

  test "either node takes writes and serves reads", %{alice: alice, bob: bob} = context do
    assert primary(context) == alice
    assert on(alice, :put, [:a, 1]) == {:ok, :pair}
    assert on(bob, :put, [:b, 2]) == {:ok, :pair}
    assert KV.put(:c, 3) == {:ok, :pair}

    for name <- [alice, bob, node()] do
      assert on(name, :get, [:a]) == {:ok, 1}
      assert Enum.sort(on(name, :keys, [])) == [:a, :b, :c]
    end

    assert on(bob, :compare_and_swap, [:a, {:ok, 1}, 5]) == {:ok, :pair}
    assert on(bob, :compare_and_swap, [:a, {:ok, 1}, 6]) == {:error, {:mismatch, {:ok, 5}}}
    assert on(bob, :delete, [:a]) == {:ok, :pair}
    assert on(alice, :get, [:a]) == :error
    # The secondary's reads ask nobody.
    :erpc.call(alice, :sys, :suspend, [KV.Replica])
    assert on(bob, :get, [:c]) == {:ok, 3}
    :erpc.call(alice, :sys, :resume, [KV.Replica])
  end

  test "the secondary takes over, and the old primary comes back and catches up", context do
    for round <- 1..2 do
      old = primary(context)
      new = other(context, old)
      assert KV.put({round, :before}, 1, id: "#{round}") == {:ok, :pair}
      kill(old)
      assert KV.put({round, :during}, 2) == {:ok, :alone}
      # A retry of what the old primary had done.
      assert KV.put({round, :before}, 1, id: "#{round}") == {:ok, :alone}
      assert KV.status(new).role == :primary
      assert KV.status(new).writes == 2 * round
      start(old, context.directory, context.settings)
      eventually(fn -> in_sync?(old, new) end)
      assert KV.status(old).role == :secondary
      assert same_data?(old, new)
      assert on(old, :get, [{round, :during}]) == {:ok, 2}
    end
  end

  @tag settings: [tail: 50]
  test "one that was away too long gets a snapshot", context do
    %{alice: alice, bob: bob} = context
    kill(alice)
    1..1_000 |> Task.async_stream(&KV.put(&1, &1), max_concurrency: 100) |> Stream.run()
    start(alice, context.directory, context.settings)
    eventually(fn -> in_sync?(alice, bob) end)
    assert same_data?(alice, bob)
    kill(bob)
    assert KV.put(:more, 1) == {:ok, :alone}
    assert length(on(alice, :keys, [])) == 1_001
  end

  test "the secondary ends: the primary goes on alone", %{alice: alice, bob: bob} = context do
    kill(bob)
    assert KV.put(:a, 1) == {:ok, :alone}
    # It was alone when it ended: it goes on alone, and the other may not.
    kill(alice)
    start(bob, context.directory, context.settings)
    assert {:error, _} = KV.put(:b, 2, timeout: 500)
    start(alice, context.directory, context.settings)
    eventually(fn -> in_sync?(alice, bob) end)
    assert primary(context) == alice
    assert on(bob, :get, [:a]) == {:ok, 1}
    assert on(bob, :get, [:b]) == :error
  end

  test "after both have ended, both are waited for", %{alice: alice, bob: bob} = context do
    for n <- 1..100, do: KV.put(n, n)
    for name <- [alice, bob], do: signal(name, "STOP")
    for name <- [alice, bob], do: kill(name)
    start(bob, context.directory, context.settings)
    assert {:error, _} = KV.put(:b, 2, timeout: 500)
    assert KV.get(1, timeout: 100) == {:error, :unavailable}
    start(alice, context.directory, context.settings)
    eventually(fn -> in_sync?(alice, bob) end)
    assert length(KV.keys()) == 100
  end

  test "the store's process ends, not its node", %{alice: alice, bob: bob} = context do
    KV.put(:a, 1)
    Process.exit(:erpc.call(alice, Process, :whereis, [KV.Replica]), :kill)
    assert {:ok, _} = KV.put(:b, 2)
    eventually(fn -> in_sync?(alice, bob) end)
    assert primary(context) == bob
    assert on(alice, :get, [:b]) == {:ok, 2}
  end

  test "promote hands over while both are there", %{alice: alice, bob: bob} = context do
    writer = Task.async(fn -> for n <- 1..300, do: assert({:ok, _} = KV.put(n, n)) end)
    assert on(bob, :promote, []) == :ok
    Task.await(writer, 60_000)
    eventually(fn -> in_sync?(alice, bob) end)
    assert primary(context) == bob
    assert length(KV.keys()) == 300
    assert KV.status(bob).writes == 300
  end

  describe "silence without a witness" do
    test "stops the writes; reads go on; promote is the user's word", context do
      %{alice: alice, bob: bob} = context
      KV.put(:a, 1)
      signal(alice, "STOP")
      eventually(fn -> KV.status(bob).other == :silent end)
      assert {:error, _} = KV.put(:a, 2, timeout: 500)
      assert on(bob, :get, [:a]) == {:ok, 1}
      assert on(bob, :promote, []) == :ok
      assert KV.put(:a, 3) == {:ok, :alone}
      signal(alice, "CONT")
      eventually(fn -> in_sync?(alice, bob) end)
      assert primary(context) == bob
      assert on(alice, :get, [:a]) == {:ok, 3}
    end

    test "is over when the other is heard again", %{alice: alice, bob: bob} = context do
      signal(alice, "STOP")
      eventually(fn -> KV.status(bob).other == :silent end)
      signal(alice, "CONT")
      assert KV.put(:a, 1) == {:ok, :pair}
      assert primary(context) == alice
    end

    test "that turns out to be the end", %{alice: alice, bob: bob} do
      signal(alice, "STOP")
      eventually(fn -> KV.status(bob).other == :silent end)
      kill(alice)
      assert KV.put(:a, 2) == {:ok, :alone}
    end

    @tag settings: [on_silence: :continue]
    test "may be told to continue", %{alice: alice, bob: bob} = context do
      signal(alice, "STOP")
      assert KV.put(:a, 1) == {:ok, :alone}
      signal(alice, "CONT")
      eventually(fn -> in_sync?(alice, bob) end)
      assert primary(context) == bob
    end
  end

  test "promoted although the other has more: that is set aside", context do
    %{alice: alice, bob: bob} = context
    KV.put(:a, 1)
    kill(bob)
    assert KV.put(:a, 2) == {:ok, :alone}
    kill(alice)
    start(bob, context.directory, context.settings)
    assert on(bob, :promote, []) == :ok
    assert KV.put(:b, 3) == {:ok, :alone}
    start(alice, context.directory, context.settings)
    eventually(fn -> in_sync?(alice, bob) end)
    assert primary(context) == bob
    assert same_data?(alice, bob)
    assert on(alice, :get, [:a]) == {:ok, 1}
    assert [_] = Enum.filter(File.ls!(context.directory), &(&1 =~ "set-aside"))
  end

  describe "with a witness" do
    @describetag :witness

    test "a silent primary is replaced, and fenced", %{alice: alice, bob: bob} = context do
      KV.put(:a, 1)
      signal(alice, "STOP")
      assert KV.put(:a, 2) == {:ok, :alone}
      assert primary_of(bob) == bob
      signal(alice, "CONT")
      eventually(fn -> in_sync?(alice, bob) end)
      assert primary(context) == bob
      assert on(alice, :get, [:a]) == {:ok, 2}
      assert KV.status(context.wendy).term >= KV.status(bob).term - 1
    end

    test "a silent secondary is left behind", %{alice: alice, bob: bob} = context do
      signal(bob, "STOP")
      assert KV.put(:a, 2) == {:ok, :alone}
      signal(bob, "CONT")
      eventually(fn -> in_sync?(alice, bob) end)
      assert primary(context) == alice
    end

    test "a primary without a majority takes no writes", %{alice: alice} = context do
      for name <- [context.bob, context.wendy], do: signal(name, "STOP")
      eventually(fn -> not KV.status(alice).writable end)
      assert {:error, _} = on(alice, :put, [:a, 1, [timeout: 500]])
      assert on(alice, :get, [:a, [timeout: 500]]) == {:error, :unavailable}
      signal(context.wendy, "CONT")
      assert on(alice, :put, [:a, 1]) == {:ok, :alone}
    end

    test "who is dead is replaced even when the witness is gone",
         %{alice: alice, bob: bob} = context do
      kill(context.wendy)
      assert KV.put(:a, 1) == {:ok, :pair}
      kill(alice)
      assert KV.put(:a, 2) == {:ok, :alone}
      assert primary_of(bob) == bob
    end
  end

  defp primary_of(name), do: KV.status(name).primary
end
