#include "CSimdjson.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

using namespace simdjson;

namespace {

constexpr size_t kept_memory = 1 << 20;  // a thread keeps buffers for texts up to this size

struct Buffer {
    std::unique_ptr<uint8_t[]> bytes;
    size_t capacity = 0;

    void reserve(size_t count) {
        if (count <= capacity) return;
        bytes = std::make_unique_for_overwrite<uint8_t[]>(count);
        capacity = count;
    }
};

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

std::string_view trimmed(std::string_view token) {
    while (!token.empty() && is_blank(token.back())) token.remove_suffix(1);
    return token;
}

// RFC 8259's number. simdjson would refuse those that no 64 bits hold; here they stay as written.
bool is_number(std::string_view token) {
    const char *at = token.data(), *end = at + token.size();
    auto digits = [&] {
        const char *from = at;
        while (at < end && *at >= '0' && *at <= '9') ++at;
        return at - from;
    };
    if (at < end && *at == '-') ++at;
    const char *first = at;
    if (auto count = digits(); count == 0 || (count > 1 && *first == '0')) return false;
    if (at < end && *at == '.' && (++at, digits() == 0)) return false;
    if (at < end && (*at == 'e' || *at == 'E')) {
        ++at;
        if (at < end && (*at == '+' || *at == '-')) ++at;
        if (digits() == 0) return false;
    }
    return at == end;
}

class Reader {
public:
    charter_json_reading read(
        const uint8_t *bytes, size_t count, uint32_t depth_limit, uint32_t value_limit) {
        source.reserve(count + SIMDJSON_PADDING);
        std::memcpy(source.bytes.get(), bytes, count);
        std::memset(source.bytes.get() + count, 0, SIMDJSON_PADDING);
        texts.reserve(count + 2 * SIMDJSON_PADDING);
        nodes.clear();
        base = reinterpret_cast<const char *>(source.bytes.get());
        length = count;
        text_cursor = texts.bytes.get();
        most_values = value_limit;
        status = CHARTER_JSON_OK;
        offset = -1;
        document(depth_limit);
        size_t text_count = size_t(text_cursor - texts.bytes.get());
        return {status, offset, nodes.data(), nodes.size(), texts.bytes.get(), text_count};
    }

    size_t memory() const { return source.capacity + nodes.capacity() * sizeof(charter_json_node); }

private:
    ondemand::parser parser;
    ondemand::document json;
    Buffer source, texts;
    std::vector<charter_json_node> nodes;
    std::vector<std::string_view> keys;
    const char *base;
    size_t length;
    uint8_t *text_cursor;
    uint32_t most_values;
    charter_json_status status;
    int64_t offset;

    bool fail(charter_json_status why, int64_t at) {
        status = why;
        offset = at;
        return false;
    }

    bool malformed() {
        const char *at;
        bool known = !json.current_location().get(at) && at >= base && at <= base + length;
        return fail(CHARTER_JSON_MALFORMED, known ? at - base : -1);
    }

    void document(uint32_t depth) {
        if (auto error = parser.iterate(base, length, length + SIMDJSON_PADDING).get(json)) {
            fail(error == UTF8_ERROR ? CHARTER_JSON_NOT_UTF8
                 : error == MEMALLOC ? CHARTER_JSON_NO_MEMORY : CHARTER_JSON_MALFORMED, -1);
            return;
        }
        size_t start = 0;
        while (start < length && is_blank(base[start])) ++start;
        if (!add(start)) return;
        ondemand::object object;
        ondemand::array array;
        if (base[start] == '{') {
            if (json.get_object().get(object)) return void(malformed());
            if (!members(object, 0, depth)) return;
        } else if (base[start] == '[') {
            if (json.get_array().get(array)) return void(malformed());
            if (!elements(array, 0, depth)) return;
        } else {
            return void(fail(CHARTER_JSON_MALFORMED, int64_t(start)));
        }
        const char *behind;
        if (!json.current_location().get(behind)) malformed();
    }

    bool add(size_t start) {
        if (nodes.size() >= most_values) return fail(CHARTER_JSON_TOO_MANY_VALUES, int64_t(start));
        nodes.push_back({.start = uint32_t(start)});
        return true;
    }

    bool unescape(ondemand::raw_json_string raw, uint32_t &from, uint32_t &to) {
        from = uint32_t(text_cursor - texts.bytes.get());
        std::string_view text;
        if (parser.unescape(raw, text_cursor).get(text)) {
            return fail(CHARTER_JSON_MALFORMED, raw.raw() - 1 - base);
        }
        to = uint32_t(text_cursor - texts.bytes.get());
        return true;
    }

    // The iterator now stands at the token behind the container: its end is before the blanks.
    void close(size_t node) {
        const char *behind;
        if (json.current_location().get(behind)) behind = base + length;
        nodes[node].end = uint32_t(trimmed({base, size_t(behind - base)}).size());
        nodes[node].next = uint32_t(nodes.size());
    }

    bool members(ondemand::object object, size_t parent, uint32_t depth) {
        if (depth == 0) return fail(CHARTER_JSON_TOO_DEEP, nodes[parent].start);
        for (auto result : object) {
            ondemand::field field;
            if (std::move(result).get(field)) return malformed();
            size_t node = nodes.size();
            ondemand::raw_json_string key = field.key();
            uint32_t from, to;
            if (!unescape(key, from, to)) return false;
            if (!value(field.value(), depth)) return false;
            nodes[node].key = from;
            nodes[node].key_end = to;
            nodes[node].key_start = uint32_t(key.raw() - 1 - base);
        }
        close(parent);
        return keys_differ(parent);
    }

    bool elements(ondemand::array array, size_t parent, uint32_t depth) {
        if (depth == 0) return fail(CHARTER_JSON_TOO_DEEP, nodes[parent].start);
        for (auto result : array) {
            ondemand::value element;
            if (std::move(result).get(element)) return malformed();
            if (!value(element, depth)) return false;
        }
        close(parent);
        return true;
    }

    bool value(ondemand::value value, uint32_t depth) {
        std::string_view token = trimmed(value.raw_json_token());
        size_t start = size_t(token.data() - base), node = nodes.size();
        if (token.empty()) return malformed();
        if (!add(start)) return false;
        ondemand::object object;
        ondemand::array array;
        ondemand::raw_json_string string;
        bool valid = false;
        switch (token.front()) {
        case '{':
            return value.get_object().get(object) ? malformed() : members(object, node, depth - 1);
        case '[':
            return value.get_array().get(array) ? malformed() : elements(array, node, depth - 1);
        case '"':
            if (value.get_raw_json_string().get(string)) return malformed();
            if (!unescape(string, nodes[node].text, nodes[node].text_end)) return false;
            valid = true;
            break;
        case 't': valid = token == "true"; break;
        case 'f': valid = token == "false"; break;
        case 'n': valid = token == "null"; break;
        default: valid = is_number(token);
        }
        nodes[node].end = uint32_t(start + token.size());
        nodes[node].next = uint32_t(node + 1);
        return valid || fail(CHARTER_JSON_MALFORMED, int64_t(start));
    }

    std::string_view key(size_t node) const {
        auto text = reinterpret_cast<const char *>(texts.bytes.get());
        return {text + nodes[node].key, nodes[node].key_end - nodes[node].key};
    }

    // A few keys are compared each with each; many are sorted, so that nobody makes this slow.
    bool keys_differ(size_t object) {
        constexpr size_t few = 16;
        keys.clear();
        for (size_t node = object + 1; node < nodes[object].next; node = nodes[node].next) {
            if (keys.size() < few
                && std::find(keys.begin(), keys.end(), key(node)) != keys.end()) {
                return fail(CHARTER_JSON_DUPLICATE_KEY, nodes[node].key_start);
            }
            keys.push_back(key(node));
        }
        if (keys.size() <= few) return true;
        std::sort(keys.begin(), keys.end());
        bool differ = std::adjacent_find(keys.begin(), keys.end()) == keys.end();
        return differ || fail(CHARTER_JSON_DUPLICATE_KEY, nodes[object].start);
    }
};

thread_local std::unique_ptr<Reader> reader;

}  // namespace

charter_json_reading charter_json_read(
    const uint8_t *bytes, size_t length, uint32_t depth_limit, uint32_t value_limit) {
    try {
        if (!reader) reader = std::make_unique<Reader>();
        return reader->read(bytes, length, depth_limit, value_limit);
    } catch (...) {
        reader.reset();
        return {CHARTER_JSON_NO_MEMORY, -1, nullptr, 0, nullptr, 0};
    }
}

void charter_json_release(void) {
    if (reader && reader->memory() > kept_memory) reader.reset();
}
