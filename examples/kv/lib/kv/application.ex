defmodule KV.Application do
  @moduledoc false
  use Application

  @impl true
  def start(_type, _args) do
    log = System.get_env("KV_LOG") || Application.fetch_env!(:kv, :log)

    Supervisor.start_link([{KV.Store, name: KV.Store, log: log}],
      strategy: :one_for_one,
      name: KV.Supervisor
    )
  end
end
