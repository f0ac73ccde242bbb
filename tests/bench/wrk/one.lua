-- wrk … -- PREFIX IDS_FILE TOKEN: reads of rows all over the table.
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
