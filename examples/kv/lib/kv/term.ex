defmodule KV.Term do
  @moduledoc """
  Terms: numbered spells of the pair, each with one primary and its members, those who have every acknowledged write.

  A term begins with a record in the log, and the terms of a log are its history. A member alone may begin the next term,
  and only when it knows that the other cannot do the same (`KV.Election`). So no two histories hold different terms of one number, but
  where the user said so (`on_silence: :continue`, `promote`), and the history with the later term, or of the same term the longer log,
  has every acknowledged write.

  Newest first: `[{number, primary, members, index of its record}]`.
  """

  alias KV.Record

  @type ordinal :: non_neg_integer
  @type t :: {ordinal, node, [node], Record.index()}
  @type history :: [t]

  # How many terms are remembered. Who comes back after more gets a snapshot.
  @remembered 200

  @doc "The number of the newest term; 0 where there was none yet."
  @spec number(history) :: ordinal
  def number([{number, _, _, _} | _]), do: number
  def number([]), do: 0

  @doc "Who has every acknowledged write."
  @spec members(history) :: [node]
  def members([{_, _, members, _} | _]), do: members
  def members([]), do: []

  @doc "Who takes the writes."
  @spec primary(history) :: node | nil
  def primary([{_, primary, _, _} | _]), do: primary
  def primary([]), do: nil

  @doc "The history after a record."
  @spec add(history, Record.t()) :: history
  def add(history, {index, {:term, number, primary, members}}),
    do: Enum.take([{number, primary, members, index} | history], @remembered)

  def add(history, {_index, {:write, _, _}}), do: history

  @doc "The history of a log that was cut after `index`."
  @spec cut(history, Record.index()) :: history
  def cut(history, index), do: Enum.drop_while(history, fn {_, _, _, at} -> at > index end)

  @doc """
  Up to which record two logs are the same. `:unknown` where no common term is remembered.
  """
  @spec common({history, Record.index()}, {history, Record.index()}) ::
          {:ok, Record.index()} | :unknown
  def common({_, 0}, _), do: {:ok, 0}
  def common(_, {_, 0}), do: {:ok, 0}

  def common({ours, our_end}, {theirs, their_end}) do
    case Enum.find(theirs, &(&1 in ours)) do
      nil -> :unknown
      term -> {:ok, min(last(term, ours, our_end), last(term, theirs, their_end))}
    end
  end

  # The last record that was written in this term.
  defp last(term, history, log_end) do
    case Enum.take_while(history, &(&1 != term)) do
      [] -> log_end
      newer -> elem(List.last(newer), 3) - 1
    end
  end
end
