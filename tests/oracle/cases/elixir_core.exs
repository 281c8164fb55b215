# Elixir: language and standard library. A line "== name" before each case's output.
Code.compiler_options(ignore_module_conflict: true)

defmodule Cases do
  def show(name, fun) do
    IO.puts("== #{name}")

    value =
      try do
        fun.()
      rescue
        e -> {:raised, e.__struct__, Exception.message(e)}
      catch
        kind, reason -> {kind, reason}
      end

    IO.puts(inspect(value, limit: :infinity, pretty: true))
  end
end

defmodule Point do
  defstruct x: 0, y: 0
  defimpl String.Chars, do: (def to_string(p), do: "(#{p.x}, #{p.y})")
end

defprotocol Area do
  def area(shape)
end

defimpl Area, for: Tuple do
  def area({w, h}), do: w * h
end

defmodule Counter do
  use GenServer
  def init(n), do: {:ok, n}
  def handle_call(:next, _, n), do: {:reply, n, n + 1}
  def handle_cast({:set, n}, _), do: {:noreply, n}
end

defmodule Macros do
  defmacro twice(expression), do: quote(do: [unquote(expression), unquote(expression)])
end

import Cases
require Macros

show("enum", fn -> Enum.map(1..5, &(&1 * 2)) |> Enum.filter(&(rem(&1, 4) == 0)) end)
show("stream", fn -> Stream.iterate(1, &(&1 * 2)) |> Stream.take(10) |> Enum.to_list() end)
show("chunk", fn -> Enum.chunk_every(1..7, 3) end)
show("group", fn -> Enum.group_by(~w(apple bob cat axe), &String.first/1) end)
show("reduce", fn -> Enum.reduce(1..100, &+/2) end)
show("sort", fn -> Enum.sort_by([%{a: 2}, %{a: 1}], & &1.a) end)
show("zip", fn -> Enum.zip([1, 2], [:a, :b]) end)
show("string", fn -> {String.upcase("straße"), String.split("a b  c"), String.length("été"), String.reverse("héllo"), String.graphemes("e\u0301x")} end)
show("string2", fn -> {String.replace("a-b-c", "-", "+"), String.pad_leading("7", 3, "0"), String.to_integer("42"), String.slice("hello", 1..3), "a" <> "b", String.jaro_distance("abc", "abd")} end)
show("interpolation", fn -> "#{1 + 1} #{inspect({:a, "b"})} #{%Point{x: 1}}" end)
show("sigils", fn -> {~w(a b)a, ~r/a(b)/, ~D[2024-02-29], ~T[10:00:00], ~s(x), ~c(abc)} end)
show("regex", fn -> {Regex.run(~r/(\d+)-(\d+)/, "10-20"), Regex.scan(~r/\w/, "abc"), Regex.replace(~r/a/, "banana", "o"), Regex.named_captures(~r/(?<x>b)/, "abc")} end)
show("struct", fn -> %{%Point{} | x: 5} end)
show("struct_error", fn -> struct!(Point, z: 1) end)
show("protocol", fn -> Area.area({2, 3}) end)
show("protocol_error", fn -> Area.area(1) end)
show("map", fn -> Map.merge(%{a: 1}, %{b: 2}) |> Map.update!(:a, &(&1 + 1)) end)
show("map_error", fn -> Map.fetch!(%{}, :a) end)
show("keyword", fn -> Keyword.merge([a: 1, b: 2], a: 3) end)
show("access", fn -> get_in(%{a: [%{b: 1}, %{b: 2}]}, [:a, Access.all(), :b]) end)
show("put_in", fn -> put_in(%{a: %{b: 1}}, [:a, :b], 2) end)
show("comprehension", fn -> for x <- 1..3, y <- [:a, :b], x != 2, into: [], do: {x, y} end)
show("bitstring", fn -> for <<c <- "abc">>, into: "", do: <<c + 1>> end)
show("with", fn -> with {:ok, a} <- {:ok, 1}, {:ok, b} <- {:error, :no}, do: a + b end)
show("case", fn -> case {1, 2} do {x, y} when x > y -> :gt; {x, _} -> {:le, x} end end)
show("match_error", fn -> {:ok, _} = :error end)
show("function_clause", fn -> String.length(1) end)
show("arith_error", fn -> 1 + :a end)
show("undefined", fn -> Nope.f(1) end)
show("raise", fn -> raise ArgumentError, "bad" end)
show("throw", fn -> throw(:ball) end)
show("exit", fn -> exit(:bye) end)
show("pin", fn -> x = 1; match?({^x, _}, {1, 2}) end)
show("pipe", fn -> "a,b" |> String.split(",") |> Enum.join("-") end)
show("capture", fn -> Enum.map([1, 2], &{&1, &1 + 1}) end)
show("macro", fn -> Macros.twice(1 + 1) end)
show("quote", fn -> quote(do: a + b * 2) |> Macro.to_string() end)
show("eval", fn -> Code.eval_string("x = 1; x + 2") end)
show("syntax_error", fn -> Code.eval_string("1 +") end)
show("genserver", fn -> {:ok, p} = GenServer.start_link(Counter, 5); [GenServer.call(p, :next), GenServer.call(p, :next), GenServer.cast(p, {:set, 1}), GenServer.call(p, :next)] end)
show("agent", fn -> {:ok, a} = Agent.start_link(fn -> 0 end); Agent.update(a, &(&1 + 1)); Agent.get(a, & &1) end)
show("task", fn -> Enum.map(1..10, &Task.async(fn -> &1 * &1 end)) |> Enum.map(&Task.await/1) end)
show("task_stream", fn -> Task.async_stream(1..10, &(&1 * 2), max_concurrency: 3) |> Enum.map(&elem(&1, 1)) end)
show("supervisor", fn -> {:ok, s} = Supervisor.start_link([{Agent, fn -> 1 end}], strategy: :one_for_one); Supervisor.count_children(s) end)
show("registry", fn -> {:ok, _} = Registry.start_link(keys: :unique, name: R); {:ok, _} = Registry.register(R, :k, :v); Registry.lookup(R, :k) |> Enum.map(&elem(&1, 1)) end)
show("process", fn -> send(self(), :hi); receive do m -> m after 0 -> :none end end)
show("integer", fn -> {Integer.digits(123), Integer.gcd(12, 18), Integer.to_string(255, 16), Integer.parse("12x"), Integer.pow(2, 100), div(-7, 2), rem(-7, 2), Integer.floor_div(-7, 2)} end)
show("float", fn -> {Float.round(3.14159, 2), Float.to_string(0.1), Float.parse("1.5x"), 1.0e10, 1.0e-5, Float.ratio(0.5), trunc(2.7)} end)
show("date", fn -> {Date.add(~D[2024-02-28], 2), Date.diff(~D[2024-03-01], ~D[2024-01-01]), DateTime.from_unix!(0), NaiveDateTime.add(~N[2024-01-01 00:00:00], 90)} end)
show("range", fn -> {Enum.to_list(1..10//3), Enum.to_list(5..1), Range.size(1..0//1)} end)
show("mapset", fn -> MapSet.union(MapSet.new([1, 2]), MapSet.new([2, 3])) |> Enum.sort() end)
show("inspect", fn -> {inspect("a\nb"), inspect(~c"abc"), inspect(<<255>>), inspect([1, 2 | 3]), inspect(%{1 => 2}), inspect(:"a b"), inspect(fn -> 1 end) =~ "Function", inspect(1..2)} end)
show("io_data", fn -> IO.iodata_to_binary(["a", ?b, ["c"]]) end)
show("base", fn -> {Base.encode16("abc"), Base.decode64!("YWJj"), Base.url_encode64(<<255, 254>>)} end)
show("uri", fn -> URI.parse("http://a.b/c?d=e").host end)
show("version", fn -> {Version.match?("1.2.3", "~> 1.2"), Version.compare("1.0.0", "1.0.1")} end)
show("stringio", fn -> {:ok, io} = StringIO.open("in"); IO.write(io, "out"); StringIO.contents(io) end)
show("behaviour", fn -> defmodule B do @callback f() :: any end; defmodule C do @behaviour B; def f, do: 1 end; C.f() end)
show("define", fn -> defmodule D do def f(x) when x > 0, do: :pos; def f(_), do: :other; defp g, do: 1; def h, do: g() end; {D.f(1), D.f(-1), D.h(), D.__info__(:functions)} end)
show("compile_error", fn -> Code.compile_string("defmodule E do def f, do: undefined_var_x end") end)
show("stacktrace", fn -> try do String.to_integer("x") rescue _ -> __STACKTRACE__ |> hd() |> Tuple.to_list() |> Enum.take(2) end end)
show("ets", fn -> t = :ets.new(:t, []); :ets.insert(t, {:a, 1}); :ets.lookup(t, :a) end)
show("system", fn -> {System.cmd("echo", ["hi"]), System.get_env("NOPE_X"), System.otp_release(), System.version()} end)
show("file", fn -> p = Path.join(System.tmp_dir!(), "oracle_ex_#{System.pid()}"); File.write!(p, "a\nb\n"); r = File.stream!(p) |> Enum.to_list(); File.rm!(p); {r, File.read(p)} end)
show("path", fn -> {Path.join("a", "b"), Path.expand("/a/../b"), Path.extname("x.ex"), Path.rootname("a/b.c")} end)
show("string_format", fn -> :io_lib.format("~p ~s", [%{a: 1}, "x"]) |> IO.iodata_to_binary() end)
show("format_code", fn -> Code.format_string!("foo(  1,2 )\nif x do\ny end") |> IO.iodata_to_binary() end)
show("unicode", fn -> {String.normalize("é", :nfd) |> byte_size(), "日本語" |> String.codepoints(), String.valid?(<<255>>)} end)
show("bitwise", fn -> import Bitwise; {5 &&& 3, 5 ||| 3, bxor(5, 3), 1 <<< 70, ~~~5} end)
show("config", fn -> Application.get_env(:kernel, :nope, :default) end)
show("logger_level", fn -> Logger.compare_levels(:info, :debug) end)
show("exception_message", fn -> Exception.format(:error, %RuntimeError{message: "m"}, []) end)
show("doctest_like", fn -> Macro.expand(quote(do: unless(true, do: 1)), __ENV__) |> Macro.to_string() end)
show("tuple", fn -> {Tuple.append({1}, 2), Tuple.to_list({1, 2}), elem({1, 2}, 1), put_elem({1, 2}, 0, :x)} end)
show("random", fn -> :rand.seed(:exsss, {1, 2, 3}); {:rand.uniform(100), Enum.shuffle(1..10)} end)
show("deep", fn -> Enum.reduce(1..100_000, [], fn _, a -> [a] end) |> :erlang.phash2() end)
IO.puts("== end")
