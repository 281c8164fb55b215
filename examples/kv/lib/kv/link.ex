defmodule KV.Link do
  @moduledoc """
  The connection to one other node: keeps it up, and finds out what it means when it is down.

  `owner` is told `{:link, node, :up}` and, after a fall, `{:link, node, :gone}` once the other's host says so: its EPMD does not know
  the name any more, and nobody listens where the node listened (so that an EPMD that was started anew is not believed alone). Only this
  is certainty. A host that does not answer says nothing.
  """
  use GenServer

  @again 500
  # How often a host is asked soon after a fall: its EPMD may learn of the end a little later than we.
  @soon 20

  defstruct [:node, :owner, :port, :task, asked: 0]

  @spec child_spec({node, GenServer.server() | nil}) :: Supervisor.child_spec()
  def child_spec({node, _owner} = arguments),
    do: %{id: {__MODULE__, node}, start: {__MODULE__, :start_link, [arguments]}}

  @spec start_link({node, GenServer.server() | nil}) :: GenServer.on_start()
  def start_link(arguments), do: GenServer.start_link(__MODULE__, arguments)

  @doc """
  Casts to a process of another node. Never waits: when the connection is down or its queue is full, the message is lost, as in a cut.
  """
  @spec cast({atom, node}, term) :: boolean
  def cast(to, message),
    do: :erlang.send(to, {:"$gen_cast", message}, [:nosuspend, :noconnect]) == :ok

  @impl true
  def init({node, owner}) do
    :ok = :net_kernel.monitor_nodes(true, node_type: :all)
    state = %__MODULE__{node: node, owner: owner}
    {:ok, if(connected?(node), do: up(state), else: look(state))}
  end

  @impl true
  def handle_info({:nodeup, node, _}, %{node: node} = state), do: {:noreply, up(state)}
  def handle_info({:nodedown, node, _}, %{node: node} = state), do: {:noreply, look(state)}
  def handle_info(:look, state), do: {:noreply, look(state)}

  def handle_info({:found, task, port, said}, %{task: task} = state) do
    if said == :gone and not connected?(state.node), do: tell(state, :gone)
    state = %{state | task: nil, port: port || state.port, asked: state.asked + 1}

    unless connected?(state.node),
      do: Process.send_after(self(), :look, if(state.asked < 20, do: @soon, else: @again))

    {:noreply, state}
  end

  def handle_info(_other, state), do: {:noreply, state}

  defp up(state) do
    tell(state, :up)
    # The port is asked for now, while it can be.
    look(%{state | asked: 0})
  end

  defp tell(%{owner: nil}, _what), do: :ok

  defp tell(state, what) do
    with pid when pid != nil <- GenServer.whereis(state.owner),
         do: send(pid, {:link, state.node, what})
  end

  # One task at a time: asks the host, and connects if it can.
  defp look(%{task: nil} = state) do
    link = self()

    task =
      spawn_link(fn ->
        said = ask(state.node, state.port)
        with {:there, _port} <- said, do: :net_kernel.connect_node(state.node)
        send(link, {:found, self(), port(said), said})
      end)

    %{state | task: task}
  end

  defp look(state), do: state

  defp port({:there, port}), do: port
  defp port(_), do: nil

  defp ask(node, known) do
    [name, host] = String.split(Atom.to_string(node), "@")

    case :net_kernel.epmd_module().port_please(
           String.to_charlist(name),
           String.to_charlist(host),
           2_000
         ) do
      {:port, port, _version} -> {:there, port}
      :noport -> refused(String.to_charlist(host), known)
      _ -> :silent
    end
  end

  defp refused(_host, nil), do: :unknown

  defp refused(host, port) do
    case :gen_tcp.connect(host, port, [], 1_000) do
      {:error, :econnrefused} ->
        :gone

      {:ok, socket} ->
        :gen_tcp.close(socket)
        :silent

      _ ->
        :silent
    end
  end

  defp connected?(node), do: node in Node.list([:visible, :hidden])
end
