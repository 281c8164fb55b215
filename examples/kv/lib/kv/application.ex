defmodule KV.Application do
  @moduledoc """
  Starts what this node's role needs (`KV.Config`).
  """
  use Application

  alias KV.{Client, Config, Gate, Http, Link, Ra, Replica, Witness}

  @impl true
  def start(_type, _args) do
    with {:ok, config} <- Config.new(Application.get_all_env(:kv)),
         :ok <- available(config) do
      Config.set(config)
      Client.start()
      Gate.new()
      children = children(Config.role(config), config) ++ http(config)
      # What stands later depends on what stands before.
      Supervisor.start_link(children, strategy: :rest_for_one, name: KV.Supervisor)
    end
  end

  defp available(%{replication: :ra} = config), do: Ra.available(config)
  defp available(_config), do: :ok

  defp children(:data, %{replication: :ra} = config),
    do: [{Ra, config} | for(node <- others(config), do: {Link, {node, nil}})]

  defp children(:data, config) do
    links = for node <- others(config), do: {Link, {node, Replica}}
    [{Replica, config} | links]
  end

  defp children(:witness, config),
    do: [{Witness, config} | for(node <- config.nodes, do: {Link, {node, nil}})]

  defp children(:client, config), do: for(node <- config.nodes, do: {Link, {node, nil}})

  defp others(config),
    do: Enum.reject([config.witness | config.nodes], &(&1 in [nil, node()]))

  defp http(%{http: nil}), do: []
  defp http(config), do: [{Http, config.http}]
end
