defmodule KV.Record do
  @moduledoc """
  What the log holds, and what a primary sends: numbered records, each of them a write or a change of terms. A log that was rewritten
  begins with a snapshot instead of with record 1.

  | payload | what |
  | --- | --- |
  | `{index, {:write, id, operation}}` | a write, under the id of the request that asked for it |
  | `{index, {:term, term, primary, members}}` | from here on this term counts, see `KV.Term` |
  | `{:snapshot, index, history, writes}` | begins a snapshot: all up to record `index`, made by `writes` writes |
  | `{:row, key, value}` | of a snapshot |
  | `{:request, id, index, result}` | of a snapshot: a request that was answered |
  """

  @type index :: non_neg_integer
  @type id :: binary
  @type operation ::
          {:put, term, term} | {:delete, term} | {:swap, term, {:ok, term} | :error, term}
  @type body :: {:write, id, operation} | {:term, pos_integer, node, [node]}
  @type t :: {index, body}

  @typedoc "A record as it stands in the log and goes over the wire, with its index beside it."
  @type packed :: {index, binary}

  @spec pack(t) :: packed
  def pack({index, _body} = record), do: {index, :erlang.term_to_binary(record)}

  @spec encode(term) :: binary
  def encode(payload), do: :erlang.term_to_binary(payload)

  @spec decode(binary) :: term
  def decode(payload), do: :erlang.binary_to_term(payload)
end
