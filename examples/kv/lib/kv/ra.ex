defmodule KV.Ra do
  @moduledoc """
  Three nodes and more. Consensus at that scale is an existing engine's work: RabbitMQ's Raft library Ra, as Debian's `rabbitmq-server`
  installs it, or wherever `ra_path` says. A write is acknowledged by `{:ok, :majority}` when it is on most nodes' disks.

  As with a pair, any node may be asked, every write carries an id, and one that was not answered is tried again under its id.
  """
  @behaviour KV.Backend

  # Found when it starts, if at all.
  @compile {:no_warn_undefined, [:ra]}

  alias KV.{Client, Config, Gate, Lease}
  alias KV.Ra.{Machine, Server}

  @libraries ~w(ra aten gen_batch_server seshat)
  # Between two looks for a new leader.
  @pause 20

  @doc "Makes Ra's modules known, or says what to install."
  @spec available(Config.t()) :: :ok | {:error, String.t()}
  def available(config) do
    for library <- @libraries,
        path <- Path.wildcard(Path.join([config.ra_path, library <> "-*", "ebin"])),
        do: :code.add_pathz(String.to_charlist(path))

    if Enum.all?([:ra, :aten, :gen_batch_server, :seshat], &Code.ensure_loaded?/1) do
      :ok
    else
      {:error,
       "replication: :ra needs RabbitMQ's library Ra, which is not in #{config.ra_path}: " <>
         "install the package rabbitmq-server (Debian: apt install rabbitmq-server), or set ra_path: " <>
         "(KV_RA_PATH) to the directory that holds ra-VERSION, aten-, gen_batch_server- and seshat-"}
    end
  end

  @doc "The name of Ra's system and of the cluster."
  @spec system() :: atom
  def system, do: :kv

  @doc "The server of a node."
  @spec server(node) :: {atom, node}
  def server(node), do: {system(), node}

  @spec child_spec(Config.t()) :: Supervisor.child_spec()
  defdelegate child_spec(config), to: Server

  @impl true
  def write(config, operation, options) do
    id = Keyword.get_lazy(options, :id, &Client.new_id/0)

    case ask(config, &:ra.process_command(&1, {:write, id, operation}, &2), options) do
      {:answer, :ok} -> {:ok, :majority}
      {:answer, error} -> error
      :refused -> {:error, :unavailable}
      :unanswered -> {:error, {:unknown, id}}
    end
  end

  @impl true
  def get(config, key, options), do: query(config, {Machine, :get, [key]}, options)

  @impl true
  def keys(config, options), do: query(config, {Machine, :keys, []}, options)

  # A consistent query is answered by a leader that has since been heard by a majority.
  defp query(config, {module, function, arguments}, options) do
    look = &apply(module, function, [&1 | arguments])

    case ask(config, &:ra.consistent_query(&1, look, &2), options) do
      {:answer, answer} -> answer
      _ -> {:error, :unavailable}
    end
  end

  @impl true
  def status(config, node) do
    with {:ok, members, {_, leader}} <-
           reply(fn -> :ra.members(server(node), config.silence) end),
         {:ok, {{_index, term}, counts}, _} <-
           reply(fn -> :ra.local_query(server(node), &Machine.counts/1, config.silence) end) do
      Map.merge(counts, %{
        node: node,
        role: if(leader == node, do: :primary, else: :secondary),
        primary: leader,
        term: term,
        members: for({_, member} <- members, do: member)
      })
    else
      _ -> {:error, :unavailable}
    end
  end

  @impl true
  def promote(config, node) do
    with {:ok, _members, {_, leader} = server} when leader != node <-
           reply(fn -> :ra.members(server(node), config.silence) end),
         :ok <- reply(fn -> :ra.transfer_leadership(server, server(node)) end) do
      promoted(config, node, Lease.now() + 5_000)
    else
      {:ok, _members, _leader} -> :ok
      :already_leader -> :ok
      _ -> {:error, :unavailable}
    end
  end

  # The one that is to lead is elected like any other.
  defp promoted(config, node, deadline) do
    case reply(fn -> :ra.members(server(node), config.silence) end) do
      {:ok, _members, {_, ^node}} ->
        :ok

      _ ->
        if Lease.now() < deadline do
          Process.sleep(@pause)
          promoted(config, node, deadline)
        else
          {:error, :unavailable}
        end
    end
  end

  defp ask(config, request, options),
    do: Client.until_answered(&round(order(config), config, request, &1, &2), options)

  # The leader first, as far as it is known, then the others; those only that there is a connection to.
  defp order(config) do
    there = [node() | Node.list([:visible, :hidden])]
    nodes = config.nodes |> Enum.filter(&(&1 in there)) |> Enum.shuffle()
    leader = Gate.primary()
    if leader in nodes, do: [leader | nodes -- [leader]], else: nodes
  end

  defp round([], _config, _request, _deadline, outcome), do: {:none, outcome}

  defp round([node | nodes], config, request, deadline, outcome) do
    patience = max(1, min(config.silence, deadline - Lease.now()))

    case reply(fn -> request.(server(node), patience) end) do
      {:ok, answer, leader} ->
        with {_, leader} <- leader, do: Gate.publish(leader, :never)
        {:answer, answer}

      {:error, :noproc} ->
        round(nodes, config, request, deadline, outcome)

      _ ->
        round(nodes, config, request, deadline, :unanswered)
    end
  end

  # Ra answers when a server is not there; one that ends meanwhile is an exit.
  defp reply(call) do
    call.()
  catch
    :exit, _ -> :unanswered
  end
end
