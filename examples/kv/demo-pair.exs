# Run by ./demo-pair, on a node that holds no data: starts alice and bob, writes, kills the primary, looks what is left.
defmodule Demo do
  @clients 8

  def main do
    work = System.fetch_env!("KV_DEMO")
    say("Two nodes of an ordinary Mix project: alice and bob")
    for name <- [:alice, :bob], do: start(name)
    wait(&in_sync?/0)
    show()

    say("#{@clients} clients write as fast as they are answered")
    counters = :counters.new(2, [])
    clients = for number <- 1..@clients, do: Task.async(fn -> write(counters, number, 1, 0) end)
    Process.sleep(500)
    IO.puts("#{rate(counters, 1_500)} writes per second, each on a disk and at the other node")

    [name] = for %{role: :primary, node: node} <- statuses(), do: short(node)
    say("kill -9 the primary, #{name}")
    before = :counters.get(counters, 2)
    fell = System.monotonic_time(:microsecond)
    System.cmd("kill", ["-9", pid(work, name)])
    wait(fn -> :counters.get(counters, 2) > before end)
    took = System.monotonic_time(:microsecond) - fell

    IO.puts(
      "#{Float.round(took / 1000, 1)} ms later the first write was acknowledged by the other node, alone"
    )

    show()
    IO.puts("#{rate(counters, 1_500)} writes per second, each on a disk")

    say("#{name} is started again: it comes back as secondary and catches up")
    start(name)
    began = System.monotonic_time(:millisecond)
    wait(&in_sync?/0)
    IO.puts("in sync #{System.monotonic_time(:millisecond) - began} ms after its start")
    show()
    IO.puts("#{rate(counters, 1_500)} writes per second, each on a disk and at the other node")

    say("What is left")
    for client <- clients, do: send(client.pid, :stop)
    results = Task.await_many(clients, 30_000)
    written = Enum.sum(for {last, _slowest} <- results, do: last)
    slowest = Enum.max(for {_last, slowest} <- results, do: slowest)

    lost =
      for {{last, _}, number} <- Enum.with_index(results, 1),
          n <- 1..last//1,
          KV.get({number, n}) != {:ok, n},
          do: n

    [one, other] = for status <- statuses(), do: status.writes

    IO.puts(
      "acknowledged: #{written}, lost: #{length(lost)}, applied at the two nodes: #{one} and #{other}"
    )

    IO.puts("errors that a client saw: 0; the longest that one waited: #{div(slowest, 1000)} ms")
    if lost != [] or one != written or other != written, do: System.halt(1)
    say("Done: no acknowledged write was lost, none was applied twice.")
  end

  defp say(text), do: IO.puts(["\n\e[1m", text, "\e[0m"])
  defp short(node), do: node |> Atom.to_string() |> String.split("@") |> hd()
  defp pid(work, name), do: work |> Path.join("#{name}.pid") |> File.read!() |> String.trim()

  # By a shell, so that it outlives whom it is told to.
  defp start(name) do
    {_, 0} =
      System.cmd("sh", [
        "-c",
        ~S"""
        KV_LOG="$KV_DEMO/$1.log" elixir --sname "$1" --cookie kv-demo --erl "$KV_FLAGS" -S mix run --no-compile --no-halt </dev/null >"$KV_DEMO/$1.out" 2>&1 &
        echo $! >"$KV_DEMO/$1.pid"
        """,
        "sh",
        "#{name}"
      ])
  end

  # Counts all acknowledged writes, and those that were acknowledged by a node alone.
  defp write(counters, number, n, slowest) do
    receive do
      :stop -> {n - 1, slowest}
    after
      0 ->
        began = System.monotonic_time(:microsecond)
        {:ok, standing} = KV.put({number, n}, n, timeout: 20_000)
        :counters.add(counters, 1, 1)
        if standing == :alone, do: :counters.add(counters, 2, 1)
        write(counters, number, n + 1, max(slowest, System.monotonic_time(:microsecond) - began))
    end
  end

  defp rate(counters, milliseconds) do
    before = :counters.get(counters, 1)
    Process.sleep(milliseconds)
    div((:counters.get(counters, 1) - before) * 1000, milliseconds)
  end

  defp statuses,
    do:
      for(node <- KV.Config.current().nodes, status = KV.status(node), is_map(status), do: status)

  defp in_sync? do
    found = statuses()
    Enum.sort(for %{in_sync: true, role: role} <- found, do: role) == [:primary, :secondary]
  end

  defp show do
    for status <- statuses() do
      IO.puts(
        "  #{short(status.node)}: #{status.role}, term #{status.term}, #{status.keys} keys, sees the other as #{status.other}"
      )
    end
  end

  defp wait(fun, tries \\ 6_000) do
    cond do
      fun.() -> :ok
      tries == 0 -> raise "waited in vain"
      true -> Process.sleep(5) && wait(fun, tries - 1)
    end
  end
end

Demo.main()
