-- wrk … -- PATH TOKEN: the same list again and again.
local one

function init(args)
  one = wrk.format("GET", args[1], { ["Authorization"] = "Bearer " .. args[2] })
end

function request()
  return one
end
