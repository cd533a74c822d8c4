"""What a world's typed samples say of keys, references, mentions and documents."""

from dataclasses import replace

from services.sampler.domain.relations import handles, has_rival, relations_of
from shared.model.catalogue import WorldColumn, WorldFile
from tests.fakes.worlds import world


def of(name):
    found = relations_of(world())
    return found, next(relation for relation in found.relations if relation.table.name == name)


def test_rows_are_named_by_their_number_and_their_name():
    _, products = of("products")
    assert [key.name for key in products.keys] == ["sku", "name"]


def test_column_whose_values_name_rows_elsewhere_is_a_reference():
    found, _ = of("orders")
    told = {(r.source.table.name, r.column.name, r.target.table.name, r.key.name) for r in found.references}
    assert told == {("orders", "sku", "products", "sku"), ("products", "supplier", "suppliers", "name")}


def test_document_that_names_a_row_is_a_mention_and_its_title_keeps_the_name_to_itself():
    found, _ = of("products")
    assert [(m.fact.key, m.relation.table.name, m.column.name) for m in found.mentions] == [("SKU", "products", "sku")]
    assert found.documents["notes/review.md"].title == "Price review"
    assert found.documents["notes/review.md"].hides


def test_documents_of_one_title_are_told_apart_by_date_or_not_mentioned():
    shop = world()
    twin = WorldFile("notes/other.md", 1, "0" * 64, "text/markdown", "Price review Oak Stool")
    dated = replace(shop.facts[0], path="notes/other.md", text="2026-02-01")
    found = relations_of(replace(shop, files=(*shop.files, twin), facts=(*shop.facts, dated)))
    assert found.documents["notes/review.md"].dated == "2026-01-12"
    undated = relations_of(replace(shop, files=(*shop.files, twin), facts=shop.facts[1:]))
    assert not undated.mentions


def test_row_is_known_only_where_samples_show_every_value():
    _, products = of("products")
    assert products.row_of("sku", "SKU-1003") == 2
    assert products.row_of("supplier", "Andes Wool") is None


def test_numbers_that_name_are_no_measures():
    shop = world()
    table = shop.tables[2]
    extension = replace(table.columns[4], name="phone_extension", unit="")
    found = relations_of(replace(shop, tables=(*shop.tables[:2], replace(table, columns=(*table.columns, extension)))))
    assert "phone_extension" not in {c.name for r in found.relations for c in r.measures}


def test_same_column_about_the_same_things_elsewhere_is_a_rival():
    shop = world()
    products = shop.tables[1]
    price = WorldColumn("Price EUR", *[products.columns[4].kind], "EUR", 4, products.columns[4].samples)
    sheet = replace(
        products, path="office/prices.xlsx", name="Prices", format="xlsx", columns=(products.columns[0], price)
    )
    found = relations_of(replace(shop, tables=(*shop.tables, sheet)))
    relation = next(r for r in found.relations if r.table.name == "products")
    assert has_rival(found, relation, ["price_eur"])
    assert not has_rival(found, relation, ["weight_lb"])


def test_a_name_is_taken_out_of_a_title_only_where_it_is_a_word_of_its_own():
    files = tuple(
        WorldFile(f"{n}.docx", 1, "0", title=title) for n, title in enumerate(("Check QC-734 of Ashby", "Rest"))
    )
    found = handles(replace(world(), files=files), (), ["C-73", "Ashby"])
    assert found["0.docx"].title == "Check QC-734"


def test_a_title_that_begins_with_a_name_is_kept_whole_and_hides_nothing():
    files = (WorldFile("rules.html", 1, "0", title="Dispensary rules"), WorldFile("rest.md", 1, "0", title="Rest"))
    found = handles(replace(world(), files=files), (), ["Dispensary"])
    assert (found["rules.html"].title, found["rules.html"].hides) == ("Dispensary rules", False)
