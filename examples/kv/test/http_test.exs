defmodule KV.HttpTest do
  use ExUnit.Case

  setup_all do
    path = Path.join(System.tmp_dir!(), "kv-http-#{System.pid()}")
    Application.put_all_env(kv: [nodes: [node()], witness: nil, log: path, http: 0])
    Application.stop(:kv)
    {:ok, _} = Application.ensure_all_started(:kv)

    on_exit(fn ->
      Application.stop(:kv)
      Application.put_env(:kv, :http, nil)
      File.rm(path)
    end)

    %{base: "http://127.0.0.1:#{KV.Http.port()}"}
  end

  defp ask(context, method, path, body \\ nil) do
    url = String.to_charlist(context.base <> path)
    request = if body, do: {url, [], 'application/json', body}, else: {url, []}
    {:ok, {{_, status, _}, _, text}} = :httpc.request(method, request, [], body_format: :binary)
    {status, :mochijson2.decode(text, format: :map)}
  end

  test "a key's life", context do
    assert ask(context, :get, "/keys/a%20b") |> elem(0) == 404
    done = {200, %{"acknowledged" => "alone"}}
    assert ask(context, :put, "/keys/a%20b", ~s({"value": [1, null, {"x": 1.5}]})) == done
    assert ask(context, :get, "/keys/a%20b") == {200, %{"value" => [1, :null, %{"x" => 1.5}]}}
    assert ask(context, :get, "/keys") == {200, ["a b"]}

    assert ask(context, :post, "/keys/a%20b/swap", ~s({"expected": 1, "value": 2})) |> elem(0) ==
             409

    assert ask(context, :post, "/keys/c/swap", ~s({"value": 2})) == done
    assert ask(context, :post, "/keys/c/swap", ~s({"expected": 2, "value": 3})) == done
    assert ask(context, :delete, "/keys/a%20b") == done
    assert ask(context, :delete, "/keys/c") == done
    assert ask(context, :get, "/keys") == {200, []}
  end

  test "an id makes a retry harmless", context do
    ask(context, :put, "/keys/r", ~s({"value": 1, "id": "x"}))
    ask(context, :put, "/keys/r", ~s({"value": 2}))
    ask(context, :put, "/keys/r", ~s({"value": 1, "id": "x"}))
    assert ask(context, :get, "/keys/r") == {200, %{"value" => 2}}
    ask(context, :delete, "/keys/r")
  end

  test "what is wrong is said", context do
    for body <- ["", "nonsense", "[1]", "{}", ~s({"value": )] do
      assert {400, %{"error" => _}} = ask(context, :put, "/keys/a", body)
    end

    assert {404, %{"error" => _}} = ask(context, :get, "/nothing")
    assert {404, %{"error" => _}} = ask(context, :get, "/")
    assert {200, %{"role" => "primary", "witness" => :null}} = ask(context, :get, "/status")
    assert {200, %{"promoted" => true}} = ask(context, :post, "/promote", "{}")
  end
end
