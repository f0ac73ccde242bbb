-- wrk … -- PATH TOKEN SALT: rows whose email nobody has yet.
local path, headers, salt, n = nil, nil, nil, 0

function init(args)
  path, salt = args[1], args[3]
  headers = { ["Authorization"] = "Bearer " .. args[2], ["Content-Type"] = "application/json" }
end

function request()
  n = n + 1
  local body = string.format(
    '{"email":"%s-%d@x.org","name":"Bench","age":40,"balance":"12.50","stage":"lead"}', salt, n)
  return wrk.format("POST", path, headers, body)
end
