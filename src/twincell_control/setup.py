from setuptools import find_packages, setup

package = "twincell_control"

setup(
    name=package,
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/" + package]),
        ("share/" + package, ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=False,
    maintainer="twincell maintainers",
    maintainer_email="maintainers@twincell.dev",
    description="Safety-limited controller: gate, arbiter, limiter, stopper, supervisor, servo and front nodes",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "controller_servo = twincell_control.servo_node:main",
            "controller_front = twincell_control.front_node:main",
        ]
    },
)
