defmodule KV.LogTest do
  use ExUnit.Case

  alias KV.Log

  setup do
    path =
      Path.join(System.tmp_dir!(), "kv-#{System.pid()}-#{System.unique_integer([:positive])}")

    on_exit(fn -> for file <- Path.wildcard(path <> "*"), do: File.rm!(file) end)
    %{path: path}
  end

  defp open(path), do: Log.open(path, [], &[&1 | &2])

  defp written(path, payloads) do
    {:ok, log, []} = open(path)
    {:ok, log} = Log.append(log, payloads)
    Log.close(log)
    File.read!(path)
  end

  test "what was appended is read again, in order", %{path: path} do
    written(path, ["one", "", "three"])
    assert {:ok, %{records: 3}, ["three", "", "one"]} = open(path)
  end

  test "a torn last record is dropped, wherever it was cut", %{path: path} do
    bytes = written(path, ["whole", String.duplicate("x", 20)])
    whole = byte_size("whole") + 8

    for size <- whole..(byte_size(bytes) - 1) do
      File.write!(path, binary_part(bytes, 0, size))
      assert {:ok, log, ["whole"]} = open(path)
      {:ok, log} = Log.append(log, ["after"])
      Log.close(log)
      assert {:ok, _, ["after", "whole"]} = open(path)
    end
  end

  test "a last record with wrong bytes is dropped", %{path: path} do
    bytes = written(path, ["one", "two"])
    File.write!(path, binary_part(bytes, 0, byte_size(bytes) - 1) <> "?")
    assert {:ok, %{records: 1}, ["one"]} = open(path)
  end

  test "damage before the last record is refused", %{path: path} do
    <<head::binary-size(9), byte, rest::binary>> = written(path, ["one", "two"])
    File.write!(path, <<head::binary, Bitwise.bxor(byte, 1), rest::binary>>)
    assert open(path) == {:error, :damaged}
  end

  test "cutting keeps what is before, and the log goes on there", %{path: path} do
    written(path, ["1", "2", "3"])
    {:ok, log, _} = open(path)
    {:ok, log} = Log.cut(log, &(&1 < "2"))
    {:ok, log} = Log.append(log, ["4"])
    Log.close(log)
    assert {:ok, _, ["4", "1"]} = open(path)
  end

  test "rewriting keeps what is given", %{path: path} do
    {:ok, log, []} = open(path)
    {:ok, log} = Log.append(log, for(n <- 1..2_000, do: "#{n}"))
    {:ok, log} = Log.rewrite(log, ["a", "b"])
    {:ok, log} = Log.append(log, ["c"])
    assert log.records == 3
    Log.close(log)
    assert {:ok, _, ["c", "b", "a"]} = open(path)
    refute File.exists?(path <> ".new")
  end

  test "a full disk refuses the write and loses nothing", %{path: path} do
    {:ok, file} = :file.open("/dev/full", [:raw, :binary, :read, :write])
    log = %Log{path: path, file: file, size: 0, records: 0}
    assert {:error, :enospc, ^log} = Log.append(log, ["payload"])
  end
end
