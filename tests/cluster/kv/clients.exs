# Eight clients on a node of their own, which holds no data. The harness says what to do, a line at a time, and gets a line back.
#
#   load ROUND          begin to write and read ROUND's keys, through whichever node answers
#   stop FILE           end; read every key at both nodes; write the history to FILE, an operation a line
#   status              how the nodes stand, as JSON
#   alone MICROSECONDS  when, since the system's epoch, the first write of after then was acknowledged by a primary that is alone
defmodule Clients do
  @clients 8
  @keys 6
  @patience 30_000

  def main do
    # Operations are timed by the monotonic clock, told as time of day.
    offset = System.os_time() - System.monotonic_time()
    loop(%{offset: offset, round: nil, clients: [], alone: :ets.new(:alone, [:public, :ordered_set])})
  end

  defp loop(state) do
    case IO.gets("") do
      :eof -> System.halt(0)
      line -> line |> String.split() |> command(state) |> loop()
    end
  end

  defp command(["load", round], state) do
    :ets.delete_all_objects(state.alone)
    clients = for number <- 1..@clients, do: Task.async(fn -> client(state, round, number) end)
    answer("loading")
    %{state | round: round, clients: clients}
  end

  defp command(["stop", path], state) do
    for task <- state.clients, do: send(task.pid, :stop)
    done = state.clients |> Task.await_many(:infinity) |> Enum.concat()
    final = for key <- keys(state.round), node <- KV.Config.current().nodes, do: final(state, node, key)
    File.write!(path, Enum.map(done ++ final, &[:mochijson2.encode(&1), "\n"]))
    answer("stopped")
    %{state | clients: []}
  end

  defp command(["status"], state) do
    config = KV.Config.current()

    statuses =
      for node <- config.nodes do
        with %{} = status <- KV.status(node) do
          Map.merge(status, %{digest: :erpc.call(node, KV.Table, :digest, [], 5_000)})
        else
          _ -> %{role: :unavailable}
        end
      end

    statuses |> Enum.map(&Map.new(&1, fn {k, v} -> {k, v || :null} end)) |> :mochijson2.encode() |> answer()
    state
  catch
    # The node went away between the two questions.
    :error, {:erpc, _} ->
      answer("[]")
      state
  end

  defp command(["alone", since], state) do
    case :ets.next(state.alone, String.to_integer(since) * 1000) do
      :"$end_of_table" -> answer("0")
      at -> answer("#{div(at, 1000)}")
    end

    state
  end

  defp answer(text), do: IO.puts(["= ", text])

  defp keys(round), do: for(number <- 1..@keys, do: "#{round}-#{number}")

  defp client(state, round, number) do
    :rand.seed(:exsss, {number, String.to_integer(round), 1})
    client(state, keys(round), "#{round}.#{number}", 0, %{}, [])
  end

  # `seen` is what this client last saw under each key.
  defp client(state, keys, name, count, seen, history) do
    receive do
      :stop -> history
    after
      0 ->
        key = Enum.random(keys)
        value = "#{name}.#{count}"
        {kind, arguments} = choose(:rand.uniform(20), value, Map.get(seen, key))
        began = now(state)
        answer = done(state, kind, key, arguments, KV.Client.new_id(), KV.Lease.now() + @patience)
        entry = entry(began, now(state), kind, key, arguments, answer)
        seen = Map.put(seen, key, see(kind, arguments, answer))
        client(state, keys, name, count + 1, seen, [entry | history])
    end
  end

  defp choose(n, _value, _seen) when n <= 8, do: {:get, []}
  defp choose(n, value, _seen) when n <= 15, do: {:put, [value]}
  defp choose(n, value, seen) when n <= 18, do: {:swap, [seen, value]}
  defp choose(_n, _value, _seen), do: {:delete, []}

  # Until there is an answer: the same request each time.
  defp done(state, kind, key, arguments, id, deadline) do
    options = [id: id, timeout: 2_000]

    answer =
      case {kind, arguments} do
        {:get, []} -> KV.get(key, options)
        {:put, [value]} -> KV.put(key, value, options)
        {:delete, []} -> KV.delete(key, options)
        {:swap, [nil, value]} -> KV.compare_and_swap(key, :error, value, options)
        {:swap, [old, value]} -> KV.compare_and_swap(key, {:ok, old}, value, options)
      end

    case answer do
      {:error, {:mismatch, _}} ->
        answer

      {:error, _} ->
        if KV.Lease.now() < deadline,
          do: done(state, kind, key, arguments, id, deadline),
          else: :unanswered

      {:ok, :alone} ->
        :ets.insert(state.alone, {now(state)})
        answer

      _ ->
        answer
    end
  end

  defp see(:get, _, {:ok, value}), do: value
  defp see(:get, _, :error), do: nil
  defp see(:delete, _, _), do: nil
  defp see(:swap, _, {:error, {:mismatch, {:ok, value}}}), do: value
  defp see(:swap, _, {:error, {:mismatch, :error}}), do: nil
  defp see(_, arguments, _), do: List.last(arguments)

  defp entry(began, ended, kind, key, arguments, answer) do
    {ended, result} = result(ended, answer)
    [key, began, ended, kind, Enum.map(arguments, &(&1 || :null)), result]
  end

  defp result(_ended, :unanswered), do: {:null, :null}
  defp result(ended, {:error, {:mismatch, {:ok, value}}}), do: {ended, [:mismatch, value]}
  defp result(ended, {:error, {:mismatch, :error}}), do: {ended, [:mismatch, :null]}
  defp result(ended, {:ok, standing}) when standing in [:pair, :alone], do: {ended, :ok}
  defp result(ended, {:ok, value}), do: {ended, value}
  defp result(ended, :error), do: {ended, :null}

  # What the node itself says, not whoever answers first.
  defp final(state, node, key) do
    began = now(state)
    {:read, answer} = GenServer.call({KV.Replica, node}, {:read, key})
    entry(began, now(state), :get, key, [], answer)
  end

  defp now(state), do: System.monotonic_time() + state.offset
end

Clients.main()
