"""A B2B resource with everything the chassis offers to one."""

from flask import request
from sqlalchemy import delete, select

from chassis import b2b, schemas
from chassis.access import current_user, public, roles
from chassis.blueprint import Blueprint
from chassis.current import reading
from chassis.problems import BadElements, NotFound
from chassis.uids import new_uid
from chassis.upserts import upsert
from toy.domain.models import Gadget

blp = Blueprint("gadgets", __name__, tag="Gadgets", description="Gadgets in batches")
COLUMNS = (Gadget.uid, Gadget.price, Gadget.note)


class GadgetUpsert(schemas.Schema):
    uid = schemas.Uid()
    price = schemas.Amount(minimum=0)
    note = schemas.Text(max_length=50, allow_none=True)


class GadgetKey(schemas.Schema):
    uid = schemas.Uid(required=True)
    note = schemas.Text(required=True)


class GadgetOut(schemas.Schema):
    uid = schemas.Text()
    price = schemas.Amount()
    note = schemas.Text(allow_none=True)


class Whoami(schemas.Schema):
    uid = schemas.Text()
    issued_at = schemas.Integer()
    expires_at = schemas.Integer()


def to_dict(row):
    return row._asdict()


def upsert_gadgets(session, *, elements):
    rows = [{"uid": new_uid(), **element} for element in elements]
    stored = upsert(
        session, Gadget, rows, key=["uid"], returning=[Gadget.uid, Gadget.version], new={"price": 0, "version": 1},
        changed={"version": Gadget.version + 1},
    )  # fmt: skip
    created = {row.uid for row in stored if row.version == 1}
    missing = {index: row for index, row in enumerate(rows) if row["uid"] in created and "price" not in row}
    if missing:
        raise BadElements({index: {"price": ["This field is required."]} for index in missing})
    return [row["uid"] for row in rows]


def delete_gadgets(session, *, uids, unknown=None):
    gone = session.execute(delete(Gadget).where(Gadget.uid.in_(uids)).returning(Gadget.uid)).all()
    if not gone and unknown:
        raise unknown


@blp.post("/api/v1/gadget")
@blp.doc(operationId="upsertGadgets")
@roles("ADMIN", "OWNER")
@blp.batch(GadgetUpsert)
@blp.response(200, b2b.UIDS)
def create(elements):
    return b2b.respond(upsert_gadgets, elements=elements)


@blp.get("/api/v1/gadget")
@roles("ADMIN", "OWNER", "EMPLOYEE", "CLIENT")
@blp.query(b2b.OffsetQuery)
@blp.response(200, b2b.page(GadgetOut))
def index(query):
    with reading() as session:
        return b2b.listed(session, select(*COLUMNS).order_by(Gadget.uid), query, to_dict)


@blp.get("/api/v1/gadget/<uid>")
@roles("ADMIN", "OWNER", "EMPLOYEE", "CLIENT")
@blp.response(200, b2b.one(GadgetOut))
def one(uid):
    with reading() as session:
        row = session.execute(select(*COLUMNS).where(Gadget.uid == uid)).first()
    return b2b.found(row and row._asdict())


@blp.get("/api/v1/gadget/<uid>/leak")
@blp.response(200, b2b.one(GadgetOut))
def leaking(uid):
    return b2b.answer({"uid": uid, "price": 1, "note": None, "secret": 1})


@blp.delete("/api/v1/gadget/<uid>")
@roles("ADMIN", "OWNER")
@blp.response(200, b2b.DONE)
def remove(uid):
    return b2b.done("deleted successfully", delete_gadgets, uids=[uid], unknown=NotFound)


@blp.delete("/api/v1/gadget")
@roles("ADMIN", "OWNER")
@blp.batch(schemas.Uid)
@blp.response(200, b2b.DONE)
def remove_batch(uids):
    return b2b.done("deleted successfully", delete_gadgets, uids=uids)


@blp.post("/api/v1/gadget/ping")
@blp.batch(schemas.Uid)
@blp.response(200, b2b.UIDS)
def ping(uids):
    return b2b.answer(uids)


@blp.delete("/api/v1/gadget/note")
@blp.batch(GadgetKey, unique=("uid", "note"))
@blp.response(200, b2b.DONE)
def remove_notes(_keys):
    return b2b.answer("deleted successfully")


@blp.get("/api/v1/auth/whoami")
@roles("ADMIN", "CLIENT")
@blp.response(200, b2b.auth_one(Whoami))
def whoami():
    user = current_user()
    return b2b.answer({"uid": user.uid, "issued_at": user.issued_at, "expires_at": user.expires_at})


@blp.get("/api/v1/gadget/broken")
@public
def broken():
    raise RuntimeError(f"a secret of {request.path}")
