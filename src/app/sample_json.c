#include "app/sample_json.h"

#include "base/attr.h"
#include "base/json.h"
#include "change/change_json.h"

/* What a person could have drawn in the designer. */
static const char *const tables[] = {
    "{'op': 'CREATE_TABLE', 'table': {'displayName': 'Categories', 'icon': 'tag',"
    "  'color': '#9333ea', 'description': 'What kinds of things the shop sells', 'columns': ["
    "  {'name': 'name', 'displayName': 'Name', 'type': 'text', 'nullable': false, 'unique': true,"
    "   'validation': {'maxLength': 80}},"
    "  {'name': 'description', 'displayName': 'Description', 'type': 'text'},"
    "  {'name': 'position', 'displayName': 'Position', 'type': 'number', 'kind': 'integer'}]}}",

    "{'op': 'CREATE_TABLE', 'table': {'displayName': 'Suppliers', 'icon': 'truck',"
    "  'color': '#ea580c', 'columns': ["
    "  {'name': 'name', 'displayName': 'Name', 'type': 'text', 'nullable': false, 'unique': true},"
    "  {'name': 'email', 'displayName': 'Email', 'type': 'text',"
    "   'validation': {'pattern': '^[^@]+@[^@]+$'}},"
    "  {'name': 'country', 'displayName': 'Country', 'type': 'text'},"
    "  {'name': 'active', 'displayName': 'Active', 'type': 'boolean', 'defaultValue': true}]}}",

    "{'op': 'CREATE_TABLE', 'table': {'displayName': 'Products', 'icon': 'package',"
    "  'color': '#0d9488', 'columns': ["
    "  {'name': 'name', 'displayName': 'Name', 'type': 'text', 'nullable': false},"
    "  {'name': 'sku', 'displayName': 'SKU', 'type': 'text', 'nullable': false, 'unique': true,"
    "   'validation': {'pattern': '^[A-Z]{3}-[0-9]{4}$'}},"
    "  {'name': 'category_id', 'displayName': 'Category', 'type': 'relation', 'nullable': false,"
    "   'relatedTable': 'custom_categories', 'relationType': 'belongsTo', 'onDelete': 'RESTRICT'},"
    "  {'name': 'supplier_id', 'displayName': 'Supplier', 'type': 'relation',"
    "   'relatedTable': 'custom_suppliers', 'relationType': 'belongsTo', 'onDelete': 'SET NULL'},"
    "  {'name': 'price', 'displayName': 'Price', 'type': 'number', 'kind': 'decimal',"
    "   'precision': 10, 'scale': 2, 'nullable': false, 'validation': {'min': 0}},"
    "  {'name': 'stock', 'displayName': 'Stock', 'type': 'number', 'kind': 'integer',"
    "   'defaultValue': 0, 'validation': {'min': 0}},"
    "  {'name': 'launched', 'displayName': 'Launched', 'type': 'date'},"
    "  {'name': 'available', 'displayName': 'Available', 'type': 'boolean',"
    "   'defaultValue': true}]}}",

    "{'op': 'CREATE_TABLE', 'table': {'displayName': 'Customers', 'icon': 'users',"
    "  'color': '#0ea5e9', 'columns': ["
    "  {'name': 'name', 'displayName': 'Name', 'type': 'text', 'nullable': false},"
    "  {'name': 'email', 'displayName': 'Email', 'type': 'text', 'nullable': false,"
    "   'unique': true, 'validation': {'pattern': '^[^@]+@[^@]+$', 'maxLength': 255}},"
    "  {'name': 'phone', 'displayName': 'Phone', 'type': 'text'},"
    "  {'name': 'city', 'displayName': 'City', 'type': 'text'},"
    "  {'name': 'country', 'displayName': 'Country', 'type': 'text'},"
    "  {'name': 'birthday', 'displayName': 'Birthday', 'type': 'date'},"
    "  {'name': 'tier', 'displayName': 'Tier', 'type': 'enum',"
    "   'values': ['bronze', 'silver', 'gold'], 'defaultValue': 'bronze'},"
    "  {'name': 'newsletter', 'displayName': 'Newsletter', 'type': 'boolean',"
    "   'defaultValue': false}], 'indexes': [{'columns': ['city']}]}}",

    "{'op': 'CREATE_TABLE', 'table': {'displayName': 'Orders', 'icon': 'shopping-cart',"
    "  'color': '#6366f1', 'columns': ["
    "  {'name': 'number', 'displayName': 'Number', 'type': 'text', 'nullable': false,"
    "   'unique': true},"
    "  {'name': 'customer_id', 'displayName': 'Customer', 'type': 'relation', 'nullable': false,"
    "   'relatedTable': 'custom_customers', 'relationType': 'belongsTo', 'onDelete': 'RESTRICT'},"
    "  {'name': 'status', 'displayName': 'Status', 'type': 'enum', 'values':"
    "   ['new', 'paid', 'shipped', 'delivered', 'cancelled'], 'defaultValue': 'new'},"
    "  {'name': 'ordered_at', 'displayName': 'Ordered at', 'type': 'datetime',"
    "   'nullable': false},"
    "  {'name': 'shipped_on', 'displayName': 'Shipped on', 'type': 'date'},"
    "  {'name': 'total', 'displayName': 'Total', 'type': 'number', 'kind': 'decimal',"
    "   'precision': 12, 'scale': 2, 'validation': {'min': 0}},"
    "  {'name': 'note', 'displayName': 'Note', 'type': 'text'}]}}",

    "{'op': 'CREATE_TABLE', 'table': {'displayName': 'Order lines', 'icon': 'file-text',"
    "  'color': '#64748b', 'columns': ["
    "  {'name': 'order_id', 'displayName': 'Order', 'type': 'relation', 'nullable': false,"
    "   'relatedTable': 'custom_orders', 'relationType': 'belongsTo', 'onDelete': 'CASCADE'},"
    "  {'name': 'product_id', 'displayName': 'Product', 'type': 'relation', 'nullable': false,"
    "   'relatedTable': 'custom_products', 'relationType': 'belongsTo', 'onDelete': 'RESTRICT'},"
    "  {'name': 'quantity', 'displayName': 'Quantity', 'type': 'number', 'kind': 'integer',"
    "   'nullable': false, 'validation': {'min': 1}},"
    "  {'name': 'unit_price', 'displayName': 'Unit price', 'type': 'number', 'kind': 'decimal',"
    "   'precision': 10, 'scale': 2, 'nullable': false, 'validation': {'min': 0}}]}}",
};

enum errcode sample_changes(struct arena *a, struct change_list *out, struct error *err)
{
    json_t *list = doc_tie(a, json_array());
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        json_t *doc = NULL;
        char *text = arena_strdup(a, tables[i]);
        for (char *p = text; *p; p++) {
            *p = *p == '\'' ? '"' : *p;
        }
        TRY(doc_parse(a, str_of(text), JSON_DEPTH_MAX, &doc, err));
        BUG_ON(json_array_append(list, doc) != 0);
    }
    return change_list_decode(a, list, out, err);
}
