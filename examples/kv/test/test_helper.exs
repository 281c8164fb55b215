# Each test starts a store of its own.
Application.stop(:kv)
ExUnit.start()
