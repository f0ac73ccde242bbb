// The tables of the twenty permission migrations, whole: every column with type, NULL and default,
// every unique key, index and foreign key, and nothing that is not said here. The file of the store
// is read with sqlite3, so that what is compared is the database and not what the server thinks.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { repository, startWithOwner } from "../support/telaio.mjs";

const sqlite = (file, sql) => {
  const result = spawnSync("sqlite3", ["-json", file], { input: sql, encoding: "utf8", maxBuffer: 1 << 28 });
  assert.equal(result.status, 0, result.stderr);
  return result.stdout.trim() ? JSON.parse(result.stdout) : [];
};

// "name type[?][=default][ ->table/action]", by table. Types: id, ref, int, str(n), text, bool, time,
// json, enum(a,b). "?" may be NULL; "=now" is the time of the insert.
const times = ["created_at time?", "updated_at time?"];
const hierarchy = (table) => [
  "id id", `ancestor_id ref ->${table}/CASCADE`, `descendant_id ref ->${table}/CASCADE`, "depth int=0",
];
const columns = {
  scopes: ["id id", "scopable_type str(255)", "scopable_id ref", "scope_key str(100)", "name str(255)?", "is_active bool=1", ...times, "deleted_at time?"],
  permission_templates: ["id id", "name str(255)", "slug str(255)", "description text?", "parent_id ref? ->permission_templates/SET NULL",
    "scope_id ref? ->scopes/SET NULL", "color str(50)='primary'", "icon str(100)='heroicon-o-shield-check'", "level int=0", "sort_order int=0",
    "is_active bool=1", "is_system bool=0", "auto_sync_users bool=1", ...times, "deleted_at time?"],
  permission_wildcards: ["id id", "pattern str(255)", "description text?", "pattern_type enum(full,resource,action,macro)='full'", "icon str(100)?",
    "color str(50)='primary'", "sort_order int=0", "is_active bool=1", "auto_expand bool=1", "last_expanded_at time?", "permissions_count int=0", ...times],
  wildcard_permissions: ["id id", "wildcard_id ref ->permission_wildcards/CASCADE", "permission_id ref ->permissions/CASCADE",
    "is_auto_generated bool=1", "expanded_at time=now"],
  template_wildcards: ["id id", "template_id ref ->permission_templates/CASCADE", "wildcard_id ref ->permission_wildcards/CASCADE", "sort_order int=0", ...times],
  template_permissions: ["id id", "template_id ref ->permission_templates/CASCADE", "permission_id ref ->permissions/CASCADE",
    "source enum(direct,wildcard,inherited)='direct'", "wildcard_id ref? ->permission_wildcards/CASCADE", "sort_order int=0", ...times],
  user_templates: ["id id", "user_id ref ->users/CASCADE", "template_id ref ->permission_templates/CASCADE", "scope_id ref? ->scopes/CASCADE",
    "template_version int?", "auto_upgrade bool=1", "auto_sync bool=1", "valid_from time?", "valid_until time?", "reason text?",
    "granted_by ref? ->users/SET NULL", ...times],
  permission_template_hierarchy: hierarchy("permission_templates"),
  user_group_hierarchy: hierarchy("user_groups"),
  permission_group_hierarchy: hierarchy("permission_groups"),
  permission_audit_log: ["id id", "user_id ref? ->users/SET NULL", "user_name str(255)?", "user_email str(255)?", "action str(50)", "permission_slug str(255)",
    "permission_name str(255)?", "source str(50)", "source_id ref?", "source_name str(255)?", "scope_id ref? ->scopes/SET NULL",
    "performed_by ref? ->users/SET NULL", "performed_by_name str(255)?", "reason text?", "metadata json?", "ip_address str(45)?", "user_agent text?",
    "created_at time=now"],
  permission_rate_limits: ["id id", "user_id ref ->users/CASCADE", "permission str(255)", "ip_address str(45)", "user_agent text?", "exceeded_at time=now"],
  permission_delegations: ["id id", "delegator_id ref ->users/CASCADE", "delegator_name str(255)", "delegatee_id ref ->users/CASCADE",
    "delegatee_name str(255)", "permission_id ref ->permissions/CASCADE", "permission_slug str(255)", "scope_id ref? ->scopes/CASCADE",
    "valid_from time=now", "valid_until time", "can_redelegate bool=0", "max_redelegation_depth int=0", "reason text?", "metadata json?",
    "revoked_at time?", "revoked_by ref? ->users/SET NULL", "revocation_reason text?", ...times],
  delegation_chain: ["id id", "delegation_id ref ->permission_delegations/CASCADE", "parent_delegation_id ref? ->permission_delegations/CASCADE", "depth int=0"],
  permission_template_versions: ["id id", "template_id ref ->permission_templates/CASCADE", "version int", "name str(255)", "slug str(255)",
    "description text?", "parent_id ref?", "scope_id ref?", "color str(50)?", "icon str(100)?", "level int=0", "permissions_snapshot json",
    "wildcards_snapshot json?", "version_name str(255)?", "changelog text?", "is_stable bool=0", "is_published bool=0",
    "created_by ref? ->users/SET NULL", "created_at time=now", "published_at time?", "published_by ref? ->users/SET NULL"],
  permission_requests: ["id id", "user_id ref ->users/CASCADE", "permission_id ref ->permissions/CASCADE", "scope_id ref? ->scopes/CASCADE", "reason text",
    "status enum(pending,approved,rejected)='pending'", "requested_at time=now", "reviewed_at time?", "reviewed_by ref? ->users/SET NULL",
    "review_comment text?", "metadata json?", ...times],
  // 16 to 20 add to tables that are there: where they stand counts, as "after" says
  user_groups: ["id id", "parent_id ref? ->user_groups/SET NULL", "level int=0", "template_id ref? ->permission_templates/SET NULL", "auto_sync_template bool=0",
    "name str(255)", "slug str(255)", "description text?", "tenant_id ref? ->tenants/CASCADE", "is_active bool=1", ...times, "deleted_at time?"],
  permission_groups: ["id id", "parent_id ref? ->permission_groups/SET NULL", "level int=0", "name str(255)", "slug str(255)", "description text?", "sort_order int=0", ...times],
  user_permissions: ["id id", "user_id ref ->users/CASCADE", "permission_id ref ->permissions/CASCADE", "scope_id ref? ->scopes/CASCADE", "conditions json?",
    "source str(50)='direct'", "source_id ref?", "granted_by ref? ->users/SET NULL", ...times],
  user_group_members: ["id id", "user_id ref ->users/CASCADE", "user_group_id ref ->user_groups/CASCADE", "scope_id ref? ->scopes/CASCADE", ...times],
};

// "U name: keys" is unique, "I name: keys" is not; "?" stands for a name that nobody prescribes.
const indexes = {
  scopes: ["U ?: scope_key", "U unique_scopable: scopable_type, scopable_id", "I idx_scopes_active_type: is_active, scopable_type", "I ?: scopable_id"],
  permission_templates: ["I ?: name", "U ?: slug", "I ?: sort_order", "I idx_templates_active_system: is_active, is_system",
    "I idx_templates_hierarchy: level, sort_order", "I ?: parent_id", "I ?: scope_id"],
  permission_wildcards: ["U ?: pattern", "I ?: sort_order", "I idx_wildcards_active_expand: is_active, auto_expand"],
  wildcard_permissions: ["U unique_wildcard_permission: wildcard_id, permission_id", "I ?: permission_id"],
  template_wildcards: ["U unique_template_wildcard: template_id, wildcard_id", "I ?: wildcard_id"],
  template_permissions: ["U unique_template_permission: template_id, permission_id", "I idx_source_wildcard: source, wildcard_id", "I ?: permission_id", "I ?: wildcard_id"],
  user_templates: ["U unique_user_template_scope: user_id, template_id, coalesce(scope_id, 0)", "I idx_versioning: template_version, auto_upgrade",
    "I idx_user_templates_validity: valid_from, valid_until", "I ?: template_id", "I ?: scope_id", "I ?: granted_by"],
  permission_template_hierarchy: ["U unique_template_hierarchy: ancestor_id, descendant_id", "I idx_tpl_ancestor_depth: ancestor_id, depth",
    "I idx_tpl_descendant_depth: descendant_id, depth"],
  user_group_hierarchy: ["U unique_user_group_hierarchy: ancestor_id, descendant_id", "I idx_ug_ancestor_depth: ancestor_id, depth", "I idx_ug_descendant_depth: descendant_id, depth"],
  permission_group_hierarchy: ["U unique_permission_group_hierarchy: ancestor_id, descendant_id", "I idx_pg_ancestor_depth: ancestor_id, depth",
    "I idx_pg_descendant_depth: descendant_id, depth"],
  permission_audit_log: ["I ?: created_at", "I idx_user_date: user_id, created_at", "I idx_permission_date: permission_slug, created_at",
    "I idx_action_date: action, created_at", "I idx_audit_source: source, source_id", "I ?: scope_id", "I ?: performed_by"],
  permission_rate_limits: ["I ?: permission", "I ?: exceeded_at", "I idx_user_permission_date: user_id, permission, exceeded_at"],
  permission_delegations: ["I ?: delegator_id", "I idx_active_delegations: delegatee_id, revoked_at, valid_until", "I idx_delegations_validity: valid_from, valid_until",
    "I ?: revoked_at", "I ?: permission_id", "I ?: scope_id", "I ?: revoked_by"],
  delegation_chain: ["U unique_chain_delegation: delegation_id", "I ?: parent_delegation_id", "I idx_delegation_depth: delegation_id, depth"],
  permission_template_versions: ["U unique_template_version: template_id, version", "I ?: is_stable", "I idx_published_stable: is_published, is_stable",
    "I ?: created_by", "I ?: published_by"],
  permission_requests: ["I ?: status", "I idx_user_status: user_id, status", "I ?: permission_id", "I ?: scope_id", "I ?: reviewed_by"],
  user_groups: ["U ?: slug", "I ?: parent_id", "I ?: template_id", "I idx_user_groups_hierarchy: level, parent_id", "I ?: tenant_id"],
  permission_groups: ["U ?: slug", "I ?: parent_id", "I idx_permission_groups_hierarchy: level, parent_id"],
  user_permissions: ["U unique_user_permission_scope: user_id, permission_id, coalesce(scope_id, 0), source, coalesce(source_id, 0)", "I ?: scope_id",
    "I idx_user_permissions_source: source, source_id", "I ?: permission_id", "I ?: granted_by"],
  user_group_members: ["U ?: user_id, user_group_id, coalesce(scope_id, 0)", "I ?: scope_id", "I ?: user_group_id"],
};

const types = [
  [/^INT32$/, "int"], [/^(INTEGER|INT64|BIGINT)$/, "ref"], [/^VARCHAR\((\d+)\)$/, "str"], [/^TEXT$/, "text"], [/^BOOLEAN$/, "bool"],
  [/^DATETIME TEXT$/, "time"], [/^JSON TEXT$/, "json"], [/^ENUM TEXT$/, "enum"],
];

const defaultOf = (text) => {
  if (text === null) return "";
  if (/strftime\('%Y-%m-%dT%H:%M:%f/.test(text)) return "=now";
  return `=${text.replace(/^TRUE$/i, "1").replace(/^FALSE$/i, "0")}`;
};

// What stands in the file, in the words of the lists above.
const read = (file, table) => {
  const [{ sql }] = sqlite(file, `SELECT sql FROM sqlite_schema WHERE name = '${table}'`);
  const keys = new Map(sqlite(file, `SELECT "from", "table", on_delete FROM pragma_foreign_key_list('${table}')`).map((k) => [k.from, k]));
  const listed = sqlite(file, `SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info('${table}') ORDER BY cid`);
  const line = sql.split("\n");
  const made = listed.map((c) => {
    const own = line.find((text) => text.trim().startsWith(`"${c.name}" `)) ?? "";
    const [pattern, word] = types.find(([p]) => p.test(c.type)) ?? [undefined, c.type];
    if (c.pk) {
      assert.match(own, /PRIMARY KEY AUTOINCREMENT/i, `${table}.${c.name}`);
      return `${c.name} id`;
    }
    let type = word;
    if (word === "str") {
      type = `str(${pattern.exec(c.type)[1]})`;
      assert.ok(own.includes(`length("${c.name}") <= ${pattern.exec(c.type)[1]}`), own);
    }
    if (word === "enum") type = `enum(${[.../IN \(([^)]*)\)/.exec(own)[1].matchAll(/'([^']*)'/g)].map((m) => m[1]).join()})`;
    if (word === "json") assert.ok(own.includes("json_valid"), own);
    const key = keys.get(c.name);
    return `${c.name} ${type}${c.notnull ? "" : "?"}${defaultOf(c.dflt_value)}${key ? ` ->${key.table}/${key.on_delete}` : ""}`;
  });
  const found = sqlite(file, `SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = '${table}' AND sql IS NOT NULL`).map((index) => {
    const keysText = /\) *$/.test(index.sql) ? index.sql.slice(index.sql.indexOf("(") + 1, -1).replaceAll('"', "") : index.sql;
    return { name: index.name, text: `${/^CREATE UNIQUE/i.test(index.sql) ? "U" : "I"} ${index.name}: ${keysText}` };
  });
  return { made, found };
};

const anonymousName = (text) => text.replace(/ [^:]+:/, " ?:");

test("the permission tables are those of the twenty migrations, column by column (C-01 to C-11)", async (t) => {
  const { server } = await startWithOwner(t);
  const file = join(server.folder, "store.db");
  for (const [table, expected] of Object.entries(columns)) {
    const { made, found } = read(file, table);
    assert.deepEqual(made, expected, table);
    const wanted = indexes[table];
    const left = found.map((index) => index.text);
    for (const want of wanted) {
      const at = left.findIndex((text) => text === want || (want.includes(" ?:") && anonymousName(text) === want));
      assert.ok(at >= 0, `${table} lacks ${want}; it has ${left.join(" | ")}`);
      left.splice(at, 1);
    }
    assert.deepEqual(left, [], `${table} has more`);
  }
  const users = read(file, "users");
  assert.ok(users.made.includes("primary_template_id ref? ->permission_templates/SET NULL"), users.made.join("\n"));
  assert.equal(users.made[1].split(" ")[0], "primary_template_id", "after id");
  assert.ok(users.found.some((index) => /: primary_template_id$/.test(index.text)));
  // an index is said once in the whole file, also where engines keep their names apart
  const names = sqlite(file, "SELECT lower(name) AS name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL").map((index) => index.name);
  assert.equal(new Set(names).size, names.length);
});

test("the rules of the permission tables hold in the database itself", async (t) => {
  const { server } = await startWithOwner(t);
  const file = join(server.folder, "store.db");
  await server.stop();
  const refuses = (sql, why) => {
    const result = spawnSync("sqlite3", [file], { input: `PRAGMA foreign_keys = ON;\n${sql};\n`, encoding: "utf8" });
    assert.match(result.stderr, why, sql);
  };
  const scope = (id, key) => `INSERT INTO scopes (scopable_type, scopable_id, scope_key) VALUES ('shop', ${id}, '${key}')`;
  sqlite(file, scope(1, "shop:1"));
  refuses(scope(2, "shop:3"), /CHECK/);
  refuses(scope(1, "shop:1"), /UNIQUE/);
  refuses(scope(-1, "shop:-1"), /CHECK/);
  const delegation = (more) => `INSERT INTO permission_delegations (delegator_id, delegator_name, delegatee_id, delegatee_name, permission_id, permission_slug, valid_from, valid_until,
    can_redelegate, max_redelegation_depth) VALUES (1, 'a', 1, 'b', 1, 's', ${more})`;
  const [from, until] = ["'2026-01-01T00:00:00.000000Z'", "'2026-02-01T00:00:00.000000Z'"];
  sqlite(file, delegation(`${from}, ${until}, 0, 0`));
  sqlite(file, delegation(`${from}, ${until}, 1, 8`));
  refuses(delegation(`${until}, ${from}, 0, 0`), /CHECK/);
  refuses(delegation(`${from}, ${until}, 1, 9`), /CHECK/);
  refuses(delegation(`${from}, ${until}, 0, 1`), /CHECK/);
  refuses(delegation(`${from}, ${until}, 1, 0`), /CHECK/);
  refuses("INSERT INTO permission_wildcards (pattern, pattern_type) VALUES ('x.*', 'all')", /CHECK/);
  // the same twice at no scope is the same twice
  const grant = "INSERT INTO user_templates (user_id, template_id) SELECT 1, id FROM permission_templates LIMIT 1";
  sqlite(file, grant);
  refuses(grant, /UNIQUE/);
});

test("each migration file says its name, what it does, and comments what it makes", () => {
  const folder = join(repository, "src/store/migrations");
  for (const name of readdirSync(folder)) {
    const text = readFileSync(join(folder, name), "utf8");
    const file = JSON.parse(text);
    assert.ok(file.name && file.description && file.up && file.down, name);
    assert.ok(text.split("\n").length < 200, name);
    if (/_000000_/.test(name)) continue; // the tables that the twenty stand on
    for (const step of file.up) {
      const made = step.op === "CREATE_TABLE" ? step.table.columns : step.op === "CREATE_COLUMN" ? [step.column] : [];
      const commented = made.filter((column) => column.comment);
      assert.ok(made.length === 0 || commented.length >= made.length * 0.75, `${name}: ${commented.length} of ${made.length} columns have a comment`);
    }
  }
});
