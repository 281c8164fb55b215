defmodule KV.Log do
  @moduledoc """
  The write log: a file of records, each `<<size::32, crc32::32, payload::binary-size(size)>>`.

  What a payload means is the business of `KV.Record`. A record counts when it is whole. One that was cut short by a crash can only be
  the last; opening the log drops it. Damage before the last record is refused as `{:error, :damaged}`: nothing is thrown away silently.

  Appending hands the bytes to the system: they survive the end of this node. `sync/1` waits for the disk: they survive a power cut.
  """

  @enforce_keys [:path, :file, :size, :records]
  defstruct [:path, :file, :size, :records]

  @type t :: %__MODULE__{
          path: Path.t(),
          file: :file.io_device(),
          size: non_neg_integer,
          records: non_neg_integer
        }
  @type payload :: binary
  @type reason :: File.posix() | :damaged

  @header 8

  @doc "Opens the log at `path`, made if absent, and folds `fun` over its payloads in order."
  @spec open(Path.t(), accumulator, (payload, accumulator -> accumulator)) ::
          {:ok, t, accumulator} | {:error, reason}
        when accumulator: term
  def open(path, accumulator, fun) do
    with {:ok, bytes} <- read(path),
         {:ok, size, records, accumulator} <-
           replay(bytes, accumulator, &{:cont, fun.(&1, &2)}),
         {:ok, log} <- open_at(path, size, records) do
      {:ok, log, accumulator}
    end
  end

  @doc "Appends payloads. When that fails the file is as before."
  @spec append(t, [payload]) :: {:ok, t} | {:error, File.posix(), t}
  def append(log, payloads) do
    bytes = Enum.map(payloads, &[<<byte_size(&1)::32, :erlang.crc32(&1)::32>>, &1])

    case :file.write(log.file, bytes) do
      :ok ->
        size = log.size + IO.iodata_length(bytes)
        {:ok, %{log | size: size, records: log.records + length(payloads)}}

      {:error, reason} ->
        truncate(log.file, log.size)
        {:error, reason, log}
    end
  end

  @doc "Waits until everything that was appended is on the disk."
  @spec sync(t) :: :ok | {:error, File.posix()}
  def sync(log), do: :file.datasync(log.file)

  @doc "Cuts the log before the first payload for which `keep?` is false."
  @spec cut(t, (payload -> boolean)) :: {:ok, t} | {:error, reason}
  def cut(log, keep?) do
    with {:ok, bytes} <- read(log.path),
         {:ok, size, records, _} <-
           replay(bytes, nil, &if(keep?.(&1), do: {:cont, &2}, else: :halt)) do
      close(log)
      open_at(log.path, size, records)
    end
  end

  @doc "Replaces the log by one that holds just `payloads`; there is never a moment without a whole log at its path."
  @spec rewrite(t, Enumerable.t()) :: {:ok, t} | {:error, File.posix(), t}
  def rewrite(log, payloads) do
    with {:ok, new} <- begin_rewrite(log),
         {:ok, new} <- append_all(new, payloads),
         {:ok, new} <- finish_rewrite(log, new) do
      {:ok, new}
    else
      {:error, reason, new} ->
        abandon_rewrite(new)
        {:error, reason, log}

      {:error, reason} ->
        {:error, reason, log}
    end
  end

  @doc "Opens an empty log beside `log`, which `finish_rewrite/2` puts in its place."
  @spec begin_rewrite(t) :: {:ok, t} | {:error, File.posix()}
  def begin_rewrite(log), do: open_at(log.path <> ".new", 0, 0)

  @doc "Puts the log that `begin_rewrite/1` gave in the place of the old one."
  @spec finish_rewrite(t, t) :: {:ok, t} | {:error, File.posix(), t}
  def finish_rewrite(log, new) do
    with :ok <- :file.datasync(new.file),
         :ok <- :file.rename(new.path, log.path) do
      close(log)
      {:ok, %{new | path: log.path}}
    else
      {:error, reason} -> {:error, reason, new}
    end
  end

  @doc "Forgets a log that `begin_rewrite/1` gave."
  @spec abandon_rewrite(t) :: :ok
  def abandon_rewrite(new) do
    close(new)
    :file.delete(new.path)
    :ok
  end

  @doc "Closes the file; nothing is added to what the system has."
  @spec close(t) :: :ok | {:error, File.posix()}
  def close(log), do: :file.close(log.file)

  defp append_all(log, payloads) do
    payloads
    |> Stream.chunk_every(500)
    |> Enum.reduce_while({:ok, log}, fn chunk, {:ok, log} ->
      case append(log, chunk) do
        {:ok, log} -> {:cont, {:ok, log}}
        error -> {:halt, error}
      end
    end)
  end

  defp read(path) do
    case :file.read_file(path) do
      {:error, :enoent} -> {:ok, ""}
      result -> result
    end
  end

  defp open_at(path, size, records) do
    with {:ok, file} <- :file.open(path, [:raw, :binary, :read, :write]),
         :ok <- truncate(file, size) do
      {:ok, %__MODULE__{path: path, file: file, size: size, records: records}}
    end
  end

  defp replay(bytes, accumulator, fun, position \\ 0, records \\ 0) do
    case bytes do
      <<_::binary-size(position), size::32, crc::32, payload::binary-size(size), _::binary>> ->
        next = position + @header + size

        if :erlang.crc32(payload) == crc do
          case fun.(payload, accumulator) do
            {:cont, accumulator} -> replay(bytes, accumulator, fun, next, records + 1)
            :halt -> {:ok, position, records, accumulator}
          end
        else
          if next == byte_size(bytes),
            do: {:ok, position, records, accumulator},
            else: {:error, :damaged}
        end

      _ ->
        {:ok, position, records, accumulator}
    end
  end

  defp truncate(file, size) do
    with {:ok, ^size} <- :file.position(file, size), do: :file.truncate(file)
  end
end
