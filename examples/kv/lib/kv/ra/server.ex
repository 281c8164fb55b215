defmodule KV.Ra.Server do
  @moduledoc """
  Starts this node's part of the Raft cluster: Ra's system on this node's directory, and in it the one server.

  Every node starts its own, with the same list of members: no order is needed, and the first majority elects a leader. Ra elects by
  itself when a leader is lost. It does not when all servers begin as followers, so a server that hears of no leader for a while after
  its start asks for an election. Raft allows that at any time.
  """
  use GenServer

  # Found when it starts, if at all.
  @compile {:no_warn_undefined, [:ra, :ra_system]}

  alias KV.{Config, Ra}

  @spec start_link(Config.t()) :: GenServer.on_start()
  def start_link(config), do: GenServer.start_link(__MODULE__, config, name: __MODULE__)

  @impl true
  def init(config) do
    Process.flag(:trap_exit, true)
    {:ok, config, {:continue, :start}}
  end

  # Not in init: applications are started here, and the one that this belongs to is still starting.
  @impl true
  def handle_continue(:start, config) do
    directory = config.log |> Path.expand() |> String.to_charlist()
    File.mkdir_p!(directory)
    Application.put_env(:ra, :data_dir, directory)
    {:ok, _} = Application.ensure_all_started(:ra)
    :ok = :logger.set_application_level(:ra, :error)
    :ok = start_system(directory)
    :ok = start_server(config)
    {:noreply, config, {:continue, :elect}}
  end

  def handle_continue(:elect, config), do: {:noreply, elect(config)}

  @impl true
  def handle_info(:elect, config), do: {:noreply, elect(config)}
  def handle_info(_other, config), do: {:noreply, config}

  @impl true
  def terminate(_reason, _config), do: :ra.stop_server(Ra.system(), Ra.server(node()))

  defp start_system(directory) do
    names = :ra_system.derive_names(Ra.system())
    settings = %{name: Ra.system(), data_dir: directory, wal_data_dir: directory, names: names}

    case :ra_system.start(Map.merge(:ra_system.default_config(), settings)) do
      {:ok, _pid} -> :ok
      {:error, {:already_started, _pid}} -> :ok
      {:error, reason} -> {:error, reason}
    end
  end

  defp start_server(config) do
    id = Ra.server(node())

    case :ra.restart_server(Ra.system(), id) do
      :ok ->
        :ok

      {:error, :name_not_registered} ->
        machine = {:module, Ra.Machine, %{remember: config.remember}}
        members = Enum.map(config.nodes, &Ra.server/1)
        :ok = :ra.start_server(Ra.system(), Ra.system(), id, machine, members)

        # Ra itself leaves it to the next half second. Killed before, it would find its log nobody's.
        :dets.sync(:ra_system.derive_names(Ra.system()).directory_rev)

      {:error, reason} ->
        {:error, reason}
    end
  end

  # The pause is drawn, so that not all ask at once.
  defp elect(config) do
    id = Ra.server(node())

    case :ra.members(id, config.silence) do
      {:ok, _members, _leader} ->
        :ok

      _ ->
        :ra.trigger_election(id)
        Process.send_after(self(), :elect, config.silence + :rand.uniform(config.silence))
    end

    config
  end
end
