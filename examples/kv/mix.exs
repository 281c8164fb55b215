defmodule KV.MixProject do
  use Mix.Project

  def project do
    [
      app: :kv,
      version: "0.2.0",
      elixir: "~> 1.14",
      start_permanent: Mix.env() == :prod,
      # Debian's erlang-mochiweb (its JSON alone is used) and RabbitMQ's Ra are no Mix dependencies.
      xref: [exclude: [:mochijson2, :ra, :ra_machine, :ra_system]],
      deps: []
    ]
  end

  def application do
    [
      extra_applications: [:logger, :inets],
      mod: {KV.Application, []}
    ]
  end
end
