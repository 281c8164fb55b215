defmodule KV.Log do
  @moduledoc """
  The write log: a file of records, each `<<size::32, crc32::32, payload::binary-size(size)>>`, the payload being
  `:erlang.term_to_binary(operation)`.

  A record counts when it is whole. One that was cut short by a crash can only be the last; opening the log drops it. Damage before
  the last record is refused as `{:error, :damaged}`: nothing is thrown away silently.
  """

  @enforce_keys [:path, :file, :size, :records]
  defstruct [:path, :file, :size, :records]

  @header 8

  @doc "Opens the log at `path`, made if absent, and calls `fun` with each operation in order."
  def open(path, fun) do
    with {:ok, bytes} <- read(path),
         {:ok, size, records} <- replay(bytes, 0, 0, fun),
         {:ok, file} <- :file.open(path, [:raw, :binary, :read, :write]),
         :ok <- cut(file, size) do
      {:ok, %__MODULE__{path: path, file: file, size: size, records: records}}
    end
  end

  @doc "Writes one operation and waits for the disk. When that fails the file is as before."
  def append(log, operation) do
    record = encode(operation)

    with :ok <- :file.write(log.file, record),
         :ok <- :file.datasync(log.file) do
      {:ok, %{log | size: log.size + byte_size(record), records: log.records + 1}}
    else
      {:error, reason} ->
        cut(log.file, log.size)
        {:error, reason, log}
    end
  end

  @doc "Replaces the log by one that holds just `operations`."
  def rewrite(log, operations) do
    temporary = log.path <> ".new"

    with {:ok, file} <- :file.open(temporary, [:raw, :binary, :read, :write]),
         :ok <- cut(file, 0),
         {:ok, size, records} <- write_all(file, operations),
         :ok <- :file.datasync(file),
         :ok <- :file.rename(temporary, log.path) do
      :file.close(log.file)
      {:ok, %{log | file: file, size: size, records: records}}
    else
      {:error, reason} ->
        :file.delete(temporary)
        {:error, reason, log}
    end
  end

  def close(log), do: :file.close(log.file)

  defp read(path) do
    case :file.read_file(path) do
      {:error, :enoent} -> {:ok, ""}
      result -> result
    end
  end

  defp replay(bytes, position, records, fun) do
    case bytes do
      <<_::binary-size(position), size::32, crc::32, payload::binary-size(size), _::binary>> ->
        cond do
          :erlang.crc32(payload) == crc ->
            fun.(:erlang.binary_to_term(payload))
            replay(bytes, position + @header + size, records + 1, fun)

          position + @header + size == byte_size(bytes) ->
            {:ok, position, records}

          true ->
            {:error, :damaged}
        end

      _ ->
        {:ok, position, records}
    end
  end

  defp cut(file, size) do
    with {:ok, ^size} <- :file.position(file, size), do: :file.truncate(file)
  end

  defp write_all(file, operations) do
    Enum.reduce_while(operations, {:ok, 0, 0}, fn operation, {:ok, size, records} ->
      record = encode(operation)

      case :file.write(file, record) do
        :ok -> {:cont, {:ok, size + byte_size(record), records + 1}}
        error -> {:halt, error}
      end
    end)
  end

  defp encode(operation) do
    payload = :erlang.term_to_binary(operation)
    <<byte_size(payload)::32, :erlang.crc32(payload)::32, payload::binary>>
  end
end
