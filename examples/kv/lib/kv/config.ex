defmodule KV.Config do
  @moduledoc """
  The settings, as they stand in the application's environment; the same on every node.

  | setting | default | what |
  | --- | --- | --- |
  | `nodes` | this node | who holds the data: one node or two; with `replication: :ra` any number |
  | `witness` | `nil` | a node that holds no data but votes |
  | `replication` | `:pair` | `:pair`, or `:ra` for Raft by RabbitMQ's library |
  | `ra_path` | Debian's | where Ra is, with `replication: :ra`; may hold wildcards |
  | `on_silence` | `:stop` | without a witness, when the other is silent: `:stop` or `:continue` taking writes |
  | `silence` | 1000 | milliseconds after which a node that is not heard of counts as silent |
  | `log` | `"kv.log"` | the file; a directory for `:ra`; the witness's vote stands in it, too |
  | `http` | `nil` | the port of the HTTP door on the loopback; 0 lets the system choose |
  | `remember` | 50000 | how many requests are remembered, so that a retry is not applied twice |
  | `tail` | 50000 | how many records a secondary may lack without needing a snapshot |

  What a node does follows from its name: one of `nodes` holds data, `witness` votes, every other one is a client.
  """

  defstruct nodes: [],
            witness: nil,
            replication: :pair,
            ra_path: "/usr/lib/rabbitmq/lib/rabbitmq_server-*/plugins",
            on_silence: :stop,
            silence: 1_000,
            log: "kv.log",
            http: nil,
            remember: 50_000,
            tail: 50_000

  @type t :: %__MODULE__{
          nodes: [node],
          witness: node | nil,
          replication: :pair | :ra,
          ra_path: Path.t(),
          on_silence: :stop | :continue,
          silence: pos_integer,
          log: Path.t(),
          http: :inet.port_number() | nil,
          remember: pos_integer,
          tail: pos_integer
        }
  @type role :: :data | :witness | :client

  @doc "Makes these the settings of this node."
  @spec set(t) :: :ok
  def set(config), do: :persistent_term.put(__MODULE__, config)

  @spec current() :: t
  def current, do: :persistent_term.get(__MODULE__)

  @doc "Settings from the application's environment, or a sentence on what is wrong with them."
  @spec new(keyword) :: {:ok, t} | {:error, String.t()}
  def new(settings) do
    fields = Map.keys(%__MODULE__{})
    config = struct(__MODULE__, Keyword.take(settings, fields))
    config = if config.nodes == [], do: %{config | nodes: [node()]}, else: config
    check(config)
  end

  @spec role(t) :: role
  def role(%{nodes: nodes, witness: witness}) do
    cond do
      node() in nodes -> :data
      node() == witness -> :witness
      true -> :client
    end
  end

  @doc "The other node of the pair."
  @spec peer(t) :: node | nil
  def peer(config), do: List.first(config.nodes -- [node()])

  defp check(config) do
    cond do
      not names?(config.nodes) or Enum.uniq(config.nodes) != config.nodes ->
        {:error, "nodes: is a list of different node names, not #{inspect(config.nodes)}"}

      config.replication not in [:pair, :ra] ->
        {:error, "replication: is :pair or :ra, not #{inspect(config.replication)}"}

      config.replication == :pair and length(config.nodes) > 2 ->
        {:error, "a pair has two nodes: for #{length(config.nodes)} set replication: :ra"}

      not is_atom(config.witness) or config.witness in config.nodes ->
        {:error, "witness: is a node that holds no data, not #{inspect(config.witness)}"}

      config.replication == :ra and config.witness != nil ->
        {:error, "witness: is for a pair; with replication: :ra the nodes themselves vote"}

      config.on_silence not in [:stop, :continue] ->
        {:error, "on_silence: is :stop or :continue, not #{inspect(config.on_silence)}"}

      true ->
        {:ok, config}
    end
  end

  defp names?(nodes), do: is_list(nodes) and nodes != [] and Enum.all?(nodes, &is_atom/1)
end
