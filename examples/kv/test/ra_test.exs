defmodule KV.RaTest do
  @moduledoc """
  Three nodes over Ra. The test's own node is a client. RA_PATH tells where Ra is, if not where Debian's package puts it.
  """
  use ExUnit.Case

  @silence 300
  @path System.get_env("RA_PATH", %KV.Config{}.ra_path)

  defp settings(nodes, more) do
    [nodes: nodes, witness: nil, replication: :ra, silence: @silence, http: nil, ra_path: @path]
    |> Keyword.merge(more)
  end

  test "without Ra the choice is refused, and what to install is said" do
    Application.put_all_env(kv: settings([node()], ra_path: "/nowhere", log: "unused"))

    forget_ra()

    ExUnit.CaptureLog.capture_log(fn ->
      Application.stop(:kv)
      assert {:error, {:kv, {sentence, _}}} = Application.ensure_all_started(:kv)
      assert sentence =~ "apt install rabbitmq-server"
    end)
  after
    Application.put_all_env(kv: [replication: :pair])
  end

  describe "three nodes" do
    @describetag :distribution
    @describetag :ra
    @describetag timeout: 120_000

    setup do
      tag = "#{System.pid()}-#{System.unique_integer([:positive])}"
      directory = Path.join(System.tmp_dir!(), "kv-ra-#{tag}")
      File.mkdir_p!(directory)
      [_, host] = String.split(Atom.to_string(node()), "@")
      nodes = for name <- ~w(alice bob carol), do: :"#{name}-#{tag}@#{host}"

      on_exit(fn ->
        for name <- nodes, do: kill(name)
        ExUnit.CaptureLog.capture_log(fn -> Application.stop(:kv) end)
        Application.put_all_env(kv: [replication: :pair])
        File.rm_rf!(directory)
      end)

      for name <- nodes, do: start(name, nodes, directory)
      Application.put_all_env(kv: settings(nodes, log: "unused"))
      ExUnit.CaptureLog.capture_log(fn -> Application.stop(:kv) end)
      {:ok, _} = Application.ensure_all_started(:kv)
      eventually(fn -> leader(nodes) end)
      %{nodes: nodes, directory: directory}
    end

    test "any node may be asked", %{nodes: nodes} do
      assert KV.put(:a, 1) == {:ok, :majority}
      assert KV.compare_and_swap(:a, {:ok, 1}, 2) == {:ok, :majority}
      assert KV.compare_and_swap(:a, {:ok, 1}, 3) == {:error, {:mismatch, {:ok, 2}}}

      for name <- nodes do
        assert :erpc.call(name, KV, :put, [name, 1]) == {:ok, :majority}
        assert :erpc.call(name, KV, :get, [:a]) == {:ok, 2}
      end

      assert KV.delete(:a) == {:ok, :majority}
      assert KV.get(:a) == :error
      assert Enum.sort(KV.keys()) == Enum.sort(nodes)
    end

    test "the leader is killed under load; none is lost, none done twice; it catches up",
         context do
      %{nodes: nodes, directory: directory} = context
      old = leader(nodes)
      before = KV.status(old).writes
      writers = for w <- 1..4, do: Task.async(fn -> for n <- 1..200, do: write({w, n}, n) end)
      Process.sleep(50)
      kill(old)
      Task.await_many(writers, 60_000)
      new = eventually(fn -> leader(nodes -- [old]) end)
      assert KV.status(new).writes == before + 800
      assert KV.get({4, 200}) == {:ok, 200}
      start(old, nodes, directory)
      eventually(fn -> match?(%{writes: n} when n == before + 800, KV.status(old)) end)
      assert KV.status(old).digest == KV.status(new).digest
    end

    test "a minority takes no writes and answers no reads", %{nodes: nodes} do
      KV.put(:a, 1)
      [last | others] = nodes
      for name <- others, do: kill(name)
      assert {:error, _} = :erpc.call(last, KV, :put, [:a, 2, [timeout: 1_000]])
      assert {:error, :unavailable} = :erpc.call(last, KV, :get, [:a, [timeout: 1_000]])
    end

    test "after all have ended, they find a leader again", %{nodes: nodes, directory: directory} do
      assert KV.put(:a, 1) == {:ok, :majority}
      for name <- nodes, do: kill(name)
      for name <- nodes, do: start(name, nodes, directory)
      eventually(fn -> leader(nodes) end)
      assert KV.get(:a) == {:ok, 1}
    end

    test "promote moves the lead", %{nodes: nodes} do
      new = hd(nodes -- [leader(nodes)])
      assert KV.promote(new) == :ok
      assert KV.status(new).role == :primary
      assert KV.put(:a, 1) == {:ok, :majority}
    end
  end

  # Another test may have found it.
  defp forget_ra do
    for path <- :code.get_path(), to_string(path) =~ "/ra-", do: :code.del_path(path)
    :code.delete(:ra)
    :code.purge(:ra)
  end

  # Until it is done, under one id.
  defp write(key, value) do
    case KV.put(key, value) do
      {:ok, :majority} -> :ok
      {:error, {:unknown, id}} -> {:ok, :majority} = KV.put(key, value, id: id)
    end
  end

  defp leader(nodes) do
    leaders = for name <- nodes, %{role: :primary} <- [KV.status(name)], do: name
    with [leader] <- leaders, do: leader, else: (_ -> nil)
  end

  defp start(name, nodes, directory) do
    [short, _] = String.split(Atom.to_string(name), "@")
    cookie = Atom.to_charlist(Node.get_cookie())
    arguments = ['-setcookie', cookie, '-kernel', 'prevent_overlapping_partitions', 'false']
    {:ok, _peer, ^name} = :peer.start(%{name: String.to_atom(short), args: arguments})
    :ok = :erpc.call(name, :code, :add_paths, [:code.get_path()])
    settings = settings(nodes, log: Path.join(directory, short))
    :ok = :erpc.call(name, Application, :put_all_env, [[kv: settings]])
    {:ok, _} = :erpc.call(name, Application, :ensure_all_started, [:kv])
    :persistent_term.put({__MODULE__, name}, to_string(:erpc.call(name, :os, :getpid, [])))
  end

  defp kill(name) do
    with pid when pid != nil <- :persistent_term.get({__MODULE__, name}, nil) do
      System.cmd("kill", ["-9", pid], stderr_to_stdout: true)
      :persistent_term.erase({__MODULE__, name})
      eventually(fn -> name not in Node.list() end)
    end
  end

  defp eventually(fun, tries \\ 1_000) do
    cond do
      found = fun.() ->
        found

      tries == 0 ->
        flunk(
          "waited in vain; #{inspect(Enum.map(KV.Config.current().nodes, &KV.status/1), pretty: true)}"
        )

      true ->
        Process.sleep(20) && eventually(fun, tries - 1)
    end
  end
end
