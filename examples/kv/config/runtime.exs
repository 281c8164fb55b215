# The settings of KV.Config, from the environment. `iex --sname alice -S mix` and `iex --sname bob -S mix` make a pair; a node of any other
# name is their client, and one without a name keeps a store of its own.
import Config

host = node() |> Atom.to_string() |> String.split("@") |> List.last()

names = fn variable, default ->
  for name <- String.split(System.get_env(variable, default)),
      do: String.to_atom(if String.contains?(name, "@"), do: name, else: "#{name}@#{host}")
end

number = fn variable, default ->
  case System.get_env(variable) do
    nil -> default
    text -> String.to_integer(text)
  end
end

settings = [
  nodes: if(Node.alive?(), do: names.("KV_NODES", "alice bob"), else: [node()]),
  witness: List.first(names.("KV_WITNESS", "")),
  replication: String.to_atom(System.get_env("KV_REPLICATION", "pair")),
  on_silence: String.to_atom(System.get_env("KV_ON_SILENCE", "stop")),
  log: System.get_env("KV_LOG") || if(Node.alive?(), do: "kv-#{node()}.log", else: "kv.log"),
  silence: number.("KV_SILENCE", 1_000),
  http: number.("KV_HTTP", nil)
]

# The default is in KV.Config.
ra = if path = System.get_env("KV_RA_PATH"), do: [ra_path: path], else: []

config :kv, settings ++ ra

if config_env() == :test, do: config(:logger, level: :critical)
