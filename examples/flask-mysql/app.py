"""A guest book: Flask in one container, MariaDB in another, found by the name mysql_container."""
import os

import pymysql
from flask import Flask, jsonify, request

app = Flask(__name__)


def database():
    return pymysql.connect(
        host=os.environ.get("DB_HOST", "mysql_container"),
        user="guest",
        password="guest",
        database="book",
        connect_timeout=5,
        autocommit=True,
    )


@app.get("/")
def read():
    with database() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id, name FROM visitor ORDER BY id")
        return jsonify([{"id": id, "name": name} for id, name in cursor.fetchall()])


@app.post("/")
def write():
    with database() as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO visitor (name) VALUES (%s)", (request.get_json()["name"],))
        return jsonify({"id": cursor.lastrowid}), 201


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=5000)
