defmodule KVTest do
  use ExUnit.Case

  alias KV.{Log, Store}

  setup do
    path =
      Path.join(System.tmp_dir!(), "kv-#{System.unique_integer([:positive])}-#{System.pid()}.log")

    on_exit(fn -> File.rm(path) end)
    %{path: path}
  end

  defp start(path), do: start_supervised!({Store, name: :kv_test, log: path})

  defp restart(path) do
    stop_supervised!(Store)
    start(path)
  end

  test "put, get, delete, keys", %{path: path} do
    start(path)
    assert Store.get(:kv_test, :a) == :error
    assert Store.write(:kv_test, {:put, :a, 1}) == :ok
    assert Store.write(:kv_test, {:put, "b", [2]}) == :ok
    assert Store.get(:kv_test, :a) == {:ok, 1}
    assert Enum.sort(Store.keys(:kv_test)) == [:a, "b"]
    assert Store.write(:kv_test, {:delete, :a}) == :ok
    assert Store.get(:kv_test, :a) == :error
  end

  test "what was acknowledged is there after a restart", %{path: path} do
    start(path)
    for n <- 1..100, do: Store.write(:kv_test, {:put, n, n * n})
    Store.write(:kv_test, {:delete, 50})
    restart(path)
    assert length(Store.keys(:kv_test)) == 99
    assert Store.get(:kv_test, 99) == {:ok, 9801}
    assert Store.get(:kv_test, 50) == :error
  end

  test "a torn last record is dropped, wherever it was cut", %{path: path} do
    start(path)
    Store.write(:kv_test, {:put, :whole, 1})
    %{size: whole} = File.stat!(path)
    Store.write(:kv_test, {:put, :torn, String.duplicate("x", 20)})
    stop_supervised!(Store)
    bytes = File.read!(path)

    for size <- whole..(byte_size(bytes) - 1) do
      File.write!(path, binary_part(bytes, 0, size))
      start(path)
      assert Store.keys(:kv_test) == [:whole]
      Store.write(:kv_test, {:put, :after, 2})
      restart(path)
      assert Enum.sort(Store.keys(:kv_test)) == [:after, :whole]
      stop_supervised!(Store)
    end
  end

  test "a last record with wrong bytes is dropped", %{path: path} do
    {:ok, log} = Log.open(path, &send(self(), &1))
    {:ok, log} = Log.append(log, 1)
    {:ok, log} = Log.append(log, 2)
    Log.close(log)
    bytes = File.read!(path)
    File.write!(path, binary_part(bytes, 0, byte_size(bytes) - 1) <> "?")
    {:ok, log} = Log.open(path, &send(self(), {:read, &1}))
    assert log.records == 1
    assert_received {:read, 1}
    refute_received {:read, 2}
  end

  test "damage before the last record is refused", %{path: path} do
    {:ok, log} = Log.open(path, fn _ -> :ok end)
    {:ok, log} = Log.append(log, :first)
    {:ok, log} = Log.append(log, :second)
    Log.close(log)
    <<head::binary-size(10), byte, rest::binary>> = File.read!(path)
    File.write!(path, <<head::binary, Bitwise.bxor(byte, 1), rest::binary>>)
    assert Log.open(path, fn _ -> :ok end) == {:error, :damaged}
  end

  test "rewriting keeps what is alive", %{path: path} do
    {:ok, log} = Log.open(path, fn _ -> :ok end)
    {:ok, log} = Enum.reduce(1..100, {:ok, log}, fn n, {:ok, log} -> Log.append(log, n) end)
    {:ok, log} = Log.rewrite(log, [:a, :b])
    {:ok, log} = Log.append(log, :c)
    Log.close(log)
    {:ok, agent} = Agent.start_link(fn -> [] end)
    {:ok, _} = Log.open(path, fn operation -> Agent.update(agent, &[operation | &1]) end)
    assert Agent.get(agent, & &1) == [:c, :b, :a]
  end

  test "a full disk refuses the write and loses nothing", %{path: _} do
    if File.exists?("/dev/full") do
      {:ok, file} = :file.open("/dev/full", [:raw, :binary, :read, :write])
      log = %Log{path: "/dev/full", file: file, size: 0, records: 0}
      assert {:error, :enospc, ^log} = Log.append(log, :operation)
    end
  end
end
