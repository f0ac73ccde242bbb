-- wrk … -- PREFIX IDS_FILE TOKEN TENANTS: reads of rows all over the tables of many tenants; the
-- same ids are in each.
local requests, at = {}, 0

function init(args)
  local tenants, n = tonumber(args[4]), 0
  for id in io.lines(args[2]) do
    local headers = {
      ["Authorization"] = "Bearer " .. args[3],
      ["X-Telaio-Tenant"] = "t" .. (n * 7919) % tenants,
    }
    requests[#requests + 1] = wrk.format("GET", args[1] .. id, headers)
    n = n + 1
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end
