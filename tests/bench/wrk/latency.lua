-- As one.lua; at the end one line of microseconds: "latency N MEDIAN MOST".
local requests, at = {}, 0

function init(args)
  local headers = { ["Authorization"] = "Bearer " .. args[3] }
  for id in io.lines(args[2]) do
    requests[#requests + 1] = wrk.format("GET", args[1] .. id, headers)
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  io.write(string.format("latency %d %.0f %.0f\n", summary.requests, latency:percentile(50),
    latency.max))
end
