defmodule KV.Http do
  @moduledoc """
  The store by HTTP and JSON, on OTP's own web server. Keys are strings, values are what JSON can say.

  | request | answer |
  | --- | --- |
  | `GET /keys` | `["colour"]` |
  | `GET /keys/colour` | `{"value": "blue"}`, or 404 |
  | `PUT /keys/colour` `{"value": "blue"}` | `{"acknowledged": "pair"}` |
  | `DELETE /keys/colour` | `{"acknowledged": "pair"}` |
  | `POST /keys/colour/swap` `{"expected": "blue", "value": "red"}` | `{"acknowledged": "pair"}`, or 409 `{"value": ...}` |
  | `GET /status` | what `KV.status/0` tells |
  | `POST /promote` | `{"promoted": true}` |

  A write may carry `"id": "..."`, the same at each try. Without `expected`, a swap expects nothing under the key. When no node takes it,
  the answer is 503; it says whether the write may have been done nevertheless.

  It listens on the loopback only, and asks nobody who he is.
  """

  use GenServer

  require Record

  Record.defrecordp(:mod, Record.extract(:mod, from_lib: "inets/include/httpd.hrl"))

  @spec start_link(:inet.port_number()) :: GenServer.on_start()
  def start_link(port), do: GenServer.start_link(__MODULE__, port, name: __MODULE__)

  @doc "The port that the server listens on."
  @spec port() :: :inet.port_number()
  def port, do: GenServer.call(__MODULE__, :port)

  @impl true
  def init(port) do
    Process.flag(:trap_exit, true)

    with {:ok, server} <- :inets.start(:httpd, settings(port)) do
      Process.link(server)
      {:ok, server}
    else
      {:error, reason} -> {:stop, reason}
    end
  end

  @impl true
  def handle_call(:port, _from, server),
    do: {:reply, Keyword.fetch!(:httpd.info(server), :port), server}

  @impl true
  def handle_info({:EXIT, server, reason}, server), do: {:stop, reason, server}

  @impl true
  def terminate(_reason, server), do: :inets.stop(:httpd, server)

  defp settings(port) do
    nowhere = String.to_charlist(System.tmp_dir!())

    [
      port: port,
      bind_address: {127, 0, 0, 1},
      ipfamily: :inet,
      server_name: 'kv',
      server_root: nowhere,
      document_root: nowhere,
      max_body_size: 1_000_000,
      modules: [__MODULE__]
    ]
  end

  @doc false
  def unquote(:do)(request) do
    method = request |> mod(:method) |> to_string()
    [path | _query] = request |> mod(:request_uri) |> to_string() |> String.split("?")
    segments = path |> String.split("/", trim: true) |> Enum.map(&URI.decode/1)

    {status, answer} =
      with {:ok, body} <- body(request),
           do: handle(method, segments, body)

    respond(status, answer)
  end

  defp handle("GET", ["keys"], _body), do: keys(KV.keys())

  defp handle("GET", ["keys", key], _body) do
    case KV.get(key) do
      {:ok, value} -> {200, %{value: value}}
      :error -> {404, %{error: "nothing is stored under this key"}}
      error -> failed(error)
    end
  end

  defp handle("PUT", ["keys", key], %{"value" => value} = body),
    do: written(KV.put(key, value, options(body)))

  defp handle("DELETE", ["keys", key], body), do: written(KV.delete(key, options(body)))

  defp handle("POST", ["keys", key, "swap"], %{"value" => value} = body) do
    expected = with :error <- Map.fetch(body, "expected"), do: :error
    written(KV.compare_and_swap(key, expected, value, options(body)))
  end

  defp handle("GET", ["status"], _body),
    do: {200, Map.new(KV.status(), fn {name, value} -> {name, or_null(value)} end)}

  defp handle("POST", ["promote"], _body) do
    case KV.promote() do
      :ok -> {200, %{promoted: true}}
      {:error, reason} -> {503, %{error: reason}}
    end
  end

  defp handle(method, ["keys" | _], _body) when method in ["PUT", "POST"],
    do: {400, %{error: "the body must be an object with a value"}}

  defp handle(_method, _segments, _body), do: {404, %{error: "there is no such thing here"}}

  defp keys(keys) when is_list(keys), do: {200, Enum.filter(keys, &text?/1)}
  defp keys(error), do: failed(error)

  defp written({:ok, standing}), do: {200, %{acknowledged: standing}}
  defp written({:error, {:mismatch, {:ok, value}}}), do: {409, %{value: value}}
  defp written({:error, {:mismatch, :error}}), do: {409, %{error: "nothing is stored there"}}
  defp written(error), do: failed(error)

  defp failed({:error, {:unknown, _id}}), do: {503, %{error: "no answer", done: "unknown"}}
  defp failed({:error, reason}), do: {503, %{error: reason, done: false}}

  defp options(%{"id" => id}) when is_binary(id), do: [id: "http:" <> id]
  defp options(_body), do: []

  defp body(request) do
    case mod(request, :entity_body) do
      [] -> {:ok, %{}}
      text -> decode(IO.iodata_to_binary(text))
    end
  end

  defp decode(text) do
    case :mochijson2.decode(text, format: :map) do
      %{} = body -> {:ok, body}
      _ -> {400, %{error: "the body is not an object"}}
    end
  catch
    _, _ -> {400, %{error: "the body is not JSON"}}
  end

  defp respond(status, answer) do
    text = encode(answer)
    head = [code: status, content_type: 'application/json']
    length = {:content_length, Integer.to_charlist(IO.iodata_length(text))}
    {:proceed, [response: {:response, [length | head], [text]}]}
  end

  # What another program stored may be more than JSON can say.
  defp encode(answer) do
    [:mochijson2.encode(answer), "\n"]
  catch
    _, _ -> ~s({"term":) <> IO.iodata_to_binary(:mochijson2.encode(inspect(answer))) <> "}\n"
  end

  defp or_null(nil), do: :null
  defp or_null(value), do: value

  defp text?(key), do: is_binary(key) and String.valid?(key)
end
