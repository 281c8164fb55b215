# Tests start what they need themselves.
Application.stop(:kv)

# Tests of several nodes need this one to have a name. Where there is no distribution they are left out.
distribution =
  with {_, 0} <- System.cmd("epmd", ["-daemon"]),
       {:ok, _} <- :net_kernel.start([:"kv-tests-#{System.pid()}", :shortnames]) do
    []
  else
    _ -> [:distribution]
  end

# Those of Ra need Ra. Where RA_PATH says that it is there, it must be.
packaged = Path.wildcard(%KV.Config{}.ra_path <> "/ra-*")
ra = if System.get_env("RA_PATH") || packaged != [], do: [], else: [:ra]

ExUnit.start(exclude: distribution ++ ra)
