defmodule KV.OneNodeTest do
  @moduledoc "A store of one node, in this one."
  use ExUnit.Case

  setup do
    path =
      Path.join(System.tmp_dir!(), "kv-#{System.pid()}-#{System.unique_integer([:positive])}")

    on_exit(fn ->
      Application.stop(:kv)
      for file <- Path.wildcard(path <> "*"), do: File.rm!(file)
    end)

    start(path)
    %{path: path}
  end

  defp start(path, more \\ []) do
    settings = Keyword.merge([nodes: [node()], witness: nil, log: path, http: nil], more)
    Application.put_all_env(kv: settings)
    ExUnit.CaptureLog.capture_log(fn -> Application.stop(:kv) end)
    {:ok, _} = Application.ensure_all_started(:kv)
  end

  test "put, get, delete, keys" do
    assert KV.get(:a) == :error
    assert KV.put(:a, 1) == {:ok, :alone}
    assert KV.put("b", [2]) == {:ok, :alone}
    assert KV.get(:a) == {:ok, 1}
    assert Enum.sort(KV.keys()) == [:a, "b"]
    assert KV.delete(:a) == {:ok, :alone}
    assert KV.delete(:a) == {:ok, :alone}
    assert KV.get(:a) == :error
  end

  test "compare and swap" do
    assert KV.compare_and_swap(:a, {:ok, 1}, 2) == {:error, {:mismatch, :error}}
    assert KV.compare_and_swap(:a, :error, 1) == {:ok, :alone}
    assert KV.compare_and_swap(:a, :error, 2) == {:error, {:mismatch, {:ok, 1}}}
    assert KV.compare_and_swap(:a, {:ok, 1}, 2) == {:ok, :alone}
    assert KV.get(:a) == {:ok, 2}
  end

  test "of many that swap at once one wins" do
    tasks = for n <- 1..50, do: Task.async(fn -> KV.compare_and_swap(:a, :error, n) end)
    assert Enum.count(Task.await_many(tasks), &(&1 == {:ok, :alone})) == 1
  end

  test "what was acknowledged is there after a restart", %{path: path} do
    for n <- 1..100, do: KV.put(n, n * n)
    KV.delete(50)
    start(path)
    assert length(KV.keys()) == 99
    assert KV.get(99) == {:ok, 9801}
    assert KV.get(50) == :error
  end

  test "a retry is not applied again, nor after a restart", %{path: path} do
    KV.put(:a, 1, id: "once")
    KV.put(:a, 2)
    assert KV.put(:a, 1, id: "once") == {:ok, :alone}
    assert KV.get(:a) == {:ok, 2}
    start(path)
    assert KV.put(:a, 1, id: "once") == {:ok, :alone}
    assert KV.get(:a) == {:ok, 2}
    assert KV.status().writes == 2
  end

  test "the log is rewritten when it is mostly past", %{path: path} do
    start(path, remember: 10)

    1..25_000
    |> Task.async_stream(&KV.put(rem(&1, 100), &1), max_concurrency: 500)
    |> Enum.each(fn answer -> assert answer == {:ok, {:ok, :alone}} end)

    assert File.stat!(path).size < 1_500_000
    before = {KV.Table.counts(), KV.Table.digest()}
    start(path, remember: 10)
    assert {KV.Table.counts(), KV.Table.digest()} == before
  end

  test "the store comes back by itself when its process ends", %{path: _} do
    KV.put(:a, 1)
    ExUnit.CaptureLog.capture_log(fn -> Process.exit(Process.whereis(KV.Replica), :kill) end)
    assert KV.get(:a) == {:ok, 1}
    assert KV.put(:b, 2) == {:ok, :alone}
  end

  test "a log that is damaged is not served", %{path: path} do
    KV.put(:a, 1)
    KV.put(:b, 2)
    ExUnit.CaptureLog.capture_log(fn -> Application.stop(:kv) end)
    <<head::binary-size(12), byte, rest::binary>> = File.read!(path)
    File.write!(path, <<head::binary, Bitwise.bxor(byte, 1), rest::binary>>)

    ExUnit.CaptureLog.capture_log(fn ->
      assert {:error, {:kv, _}} = Application.ensure_all_started(:kv)
    end)
  end

  test "wrong settings are refused", %{path: path} do
    Application.put_all_env(kv: [nodes: [:a@x, :b@x, :c@x], log: path])

    ExUnit.CaptureLog.capture_log(fn ->
      Application.stop(:kv)
      assert {:error, {:kv, {sentence, _}}} = Application.ensure_all_started(:kv)
      assert sentence =~ "replication: :ra"
    end)
  end
end
