"""What the interface takes and gives, for its description at /api/v1/openapi.json."""

from apiflask import Schema
from apiflask.fields import Boolean, DateTime, Dict, Float, Integer, List, Nested, String
from apiflask.validators import OneOf, Range

from marketplace.catalog.rules.pricing import PricingModel
from marketplace.catalog.rules.search import SORTS


class SearchQuery(Schema):
    q = String(metadata={"description": "Words: Chinese, pinyin, initials or English"})
    category = List(String(), metadata={"description": "Category code, repeatable"})
    city = List(String(), metadata={"description": "City code, repeatable"})
    price_min = String(metadata={"description": "Lowest price in yuan, two decimals at most"})
    price_max = String(metadata={"description": "Highest price in yuan"})
    price = List(String(), metadata={"description": "Price band, repeatable"})
    rate = List(String(), metadata={"description": "Band of a percentage price, repeatable"})
    rate_min = String(metadata={"description": "Lowest rate in percent, two decimals at most"})
    rate_max = String(metadata={"description": "Highest rate in percent"})
    pricing = List(String(validate=OneOf([m.value for m in PricingModel])))
    firm = List(Integer(), metadata={"description": "Firm id, repeatable"})
    licensed = Boolean(metadata={"description": "Only services whose licences the park has verified"})
    rating_min = Float(validate=Range(1, 5))
    sort = String(validate=OneOf(SORTS))
    page = Integer(validate=Range(1))
    per_page = Integer(validate=Range(1, 100))


class SuggestQuery(Schema):
    q = String(required=True)


class FirmQuery(Schema):
    q = String()
    city = String(metadata={"description": "City code"})
    licence = String(metadata={"description": "HR_PERMIT, HR_FILING, DISPATCH …"})
    letter = String(metadata={"description": "A to Z, # for names without a reading"})
    category = String(metadata={"description": "Code of a top or child category the firm offers"})
    standard = String(metadata={"description": "Number of a standard the firm holds, as published"})
    rating_min = String(metadata={"description": "4.5, 4.0 or 3.0"})
    in_park = String(metadata={"description": "1: only firms in the park"})
    verified = String(metadata={"description": "1: only firms whose verification is not due"})
    sort = String(metadata={"description": "pinyin, services, rating, newest"})
    page = Integer(validate=Range(1))
    per_page = Integer(validate=Range(1, 100))


class Service(Schema):
    id = Integer()
    title = String()
    summary = String()
    category_code = String()
    category_name = String()
    firm_id = Integer()
    firm_name = String()
    cities = List(String(), metadata={"description": "City codes"})
    city_names = List(String())
    pricing_model = String()
    price_min_fen = Integer(allow_none=True, metadata={"description": "null for a percentage or an open quote"})
    price_max_fen = Integer(allow_none=True)
    rate_min_bps = Integer(
        allow_none=True, metadata={"description": "Hundredths of a percent, for percentage models only"}
    )
    rate_max_bps = Integer(allow_none=True)
    price_text = String()
    unit = String()
    rating = Float(allow_none=True)
    rating_count = Integer()
    order_count = Integer()
    licensed = Boolean()
    is_demo = Boolean()
    url = String(metadata={"description": "Path on this site"})


class FacetOption(Schema):
    value = String()
    label = String()
    count = Integer()


class Notice(Schema):
    code = String()
    text = String()


class ServicePage(Schema):
    items = List(Nested(Service))
    total = Integer()
    page = Integer()
    per_page = Integer()
    facets = Dict(keys=String(), values=List(Nested(FacetOption)))
    corrected_query = String(allow_none=True)
    notices = List(Nested(Notice))
    took_ms = Float()


class ServiceDetail(Service):
    description = String()
    billing_note = String()
    attributes = Dict(metadata={"description": "Raw values by key; money in fen, percentages in hundredths"})
    facts = List(Dict(), metadata={"description": "The attributes in words: label, value"})
    published_at = DateTime(allow_none=True)


class Suggestion(Schema):
    text = String()
    kind = String(validate=OneOf(["listing", "category", "firm"]))
    url = String()


class Suggestions(Schema):
    suggestions = List(Nested(Suggestion))


class Licence(Schema):
    kind = String()
    label = String()
    number = String()
    valid_to = String(allow_none=True)
    evidence = String(metadata={"description": "verified, or recorded by an import and not yet verified"})
    scope = List(String(), metadata={"description": "What it permits, by code"})
    issuing_region = String()
    recognised_in = List(String(), metadata={"description": "Regions of the demonstration zone that recognise it too"})
    verified_at = DateTime(allow_none=True, metadata={"description": "When the park last verified it"})


class Standard(Schema):
    standard_no = String()
    title = String()
    level = String()
    issuer = String()
    issued_on = String(allow_none=True)
    valid_to = String(allow_none=True, metadata={"description": "null: the evidence names no end"})
    verified_at = DateTime(allow_none=True)


class Firm(Schema):
    id = Integer()
    uscc = String()
    name = String()
    short_name = String()
    city_code = String()
    city_name = String()
    in_park = Boolean()
    is_demo = Boolean()
    url = String()
    pinyin_initial = String(metadata={"description": "Letter of the directory, # without a reading"})
    rating = Float(allow_none=True)
    rating_count = Integer()
    service_count = Integer()
    clients_served = Integer(metadata={"description": "Different clients with a completed order"})
    response_minutes = Integer(
        allow_none=True, metadata={"description": "Median working minutes to an answer; null with too few orders"}
    )
    licence_kinds = List(String())
    standard_numbers = List(String())


class FirmDetail(Firm):
    standards = List(Nested(Standard))
    intro = String()
    address = String()
    licences = List(Nested(Licence))
    last_verified_at = DateTime(allow_none=True)


class FirmPage(Schema):
    items = List(Nested(Firm))
    total = Integer()
    page = Integer()
    per_page = Integer()


class Category(Schema):
    code = String()
    parent = String(allow_none=True)
    name_zh = String()
    name_en = String()
    licences = List(String())
    gbt4754 = String()
    high_value = Boolean()
    version = Integer(metadata={"description": "Number of the definition; moves with every published change"})
    retired = Boolean(metadata={"description": "Takes no new services; those it has stay"})
    pricing_models = List(String(), metadata={"description": "Recommended price models"})
    attributes = List(Dict())


class CategoryPage(Schema):
    items = List(Nested(Category))
    total = Integer()
    page = Integer()
    per_page = Integer()


class Region(Schema):
    code = String()
    name_zh = String()
    name_en = String()
    province = String()
    is_core27 = Boolean()
    level = String()
    parent = String(allow_none=True)


class RegionPage(Schema):
    items = List(Nested(Region))
    total = Integer()
    page = Integer()
    per_page = Integer()
